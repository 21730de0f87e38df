//! An array of NumPy's in a Leptos app, as numbers of the type that is chosen.

use std::fmt::Display;

use byteferry::{Element, Error, Ferry, NdArray};
use leptos::prelude::*;

fn main() {
    leptos::mount::mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    // One for the whole app. The resource owns it, so its workers end when the app does.
    let ferry = Ferry::new();
    let dtype = RwSignal::new("float32".to_owned());
    // A Ferry stays in its thread: a LocalResource, which asks for no Send.
    let text = LocalResource::new(move || {
        let job = ferry.fetch("temperature.npy");
        let dtype = dtype.get();
        async move {
            Ok::<_, Error>(match dtype.as_str() {
                "float64" => describe(&job.to::<f64>().await?),
                // Refused, as NumPy does under casting="safe": the error says so.
                "int32" => describe(&job.to::<i32>().await?),
                _ => describe(&job.to::<f32>().await?),
            })
        }
    });
    let shown = move || match text.get() {
        None => "…".to_owned(),
        Some(Ok(text)) => text,
        Some(Err(error)) => error.to_string(),
    };
    view! {
        <h1>"Leptos"</h1>
        <label>
            "as "
            <select on:change:target=move |event| dtype.set(event.target().value())>
                <option>"float32"</option>
                <option>"float64"</option>
                <option>"int32"</option>
            </select>
        </label>
        <p><output>{shown}</output></p>
    }
}

fn describe<T: Element + Display>(array: &NdArray<T>) -> String {
    let order = array.byte_order.as_deref().unwrap_or("no");
    format!(
        "{} [{}] from {order}-endian: {}",
        array.dtype,
        joined(&array.shape, ","),
        joined(&array.to_vec(), ", ")
    )
}

fn joined<T: Display>(items: &[T], between: &str) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(between)
}
