//! `/live`: frames without end, as a telemetry link would send them: one after the other in an HTTP body, or as the
//! messages of a WebSocket.
//!
//! Sample `s`, counted from the first of frame 0, has in channel `c` the value `((s * (c + 1)) % 2000) - 1000`: a whole
//! number that every dtype here holds exactly, and that whoever checks can reckon without having seen what came before.

use crate::{catalogue::FRAME, faults::break_off, refusal::Refusal};
use async_stream::try_stream;
use axum::{
    Router,
    body::Body,
    extract::{
        Query,
        ws::{Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use byteferry_header::{DType, Order, Shape, frame};
use futures_util::Stream;
use serde::Deserialize;
use std::{future::pending, io, ops::Range, time::Duration};
use tokio::time::{Interval, interval};

pub(crate) fn routes() -> Router {
    Router::new().route("/live", get(live))
}

#[derive(Deserialize)]
struct Choice {
    /// Frames a second; 0 for as many as the receiver takes
    #[serde(default = "sixty")]
    rate: u32,
    /// How many frames; endless without
    count: Option<u64>,
    /// The first one's sequence number
    #[serde(default)]
    from: u64,
    #[serde(default = "four")]
    channels: u32,
    /// In each frame, of each channel
    #[serde(default = "sixty_four")]
    samples: u32,
    #[serde(default = "big_endian_float32")]
    dtype: String,
}

/// Frames with which something goes wrong, by their sequence numbers.
#[derive(Deserialize, Clone, Copy)]
struct Faults {
    /// Is left out
    gap: Option<u64>,
    /// Has a wrong CRC-32
    checksum: Option<u64>,
    /// Is the one in whose middle the connection breaks off
    cut: Option<u64>,
    /// Does not come, nor does any after it, and the connection stays open
    stall: Option<u64>,
}

fn sixty() -> u32 {
    60
}

fn four() -> u32 {
    4
}

fn sixty_four() -> u32 {
    64
}

fn big_endian_float32() -> String {
    ">f4".into()
}

async fn live(
    Query(choice): Query<Choice>,
    Query(faults): Query<Faults>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let generator = Generator::new(&choice, faults).map_err(Refusal::bad_request)?;
    Ok(match upgrade {
        Ok(upgrade) => upgrade.on_upgrade(|socket| send(generator, socket)),
        Err(rejection) if headers.contains_key(header::UPGRADE) => rejection.into_response(),
        Err(_) => ([(header::CONTENT_TYPE, FRAME)], Body::from_stream(stream(generator))).into_response(),
    })
}

/// One frame after the other, zeros between them as [`frame`] wants it.
fn stream(mut generator: Generator) -> impl Stream<Item = io::Result<Vec<u8>>> {
    try_stream! {
        while let Some(number) = generator.next().await {
            let mut bytes = generator.frame(number).map_err(io::Error::other)?;
            if generator.faults.cut == Some(number) {
                bytes.truncate(bytes.len() / 2);
                yield bytes;
                yield break_off().await?;
            } else {
                if generator.peek().is_some() {
                    bytes.resize(bytes.len().next_multiple_of(64), 0);
                }
                yield bytes;
            }
        }
    }
}

/// Each frame as a message, until there are no more or nobody listens.
async fn send(mut generator: Generator, mut socket: WebSocket) {
    loop {
        tokio::select! {
            received = socket.recv() => if !matches!(received, Some(Ok(_))) { return },
            number = generator.next() => {
                let Some(number) = number else { break };
                // Dropped without a close frame, the socket has broken off.
                let Some(frame) = generator.frame(number).ok().filter(|_| generator.faults.cut != Some(number))
                else { return };
                if socket.send(Message::Binary(frame.into())).await.is_err() { return }
            }
        }
    }
    // Who closes waits for the other to do so too: else what is on its way may be lost.
    if socket.send(Message::Close(None)).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

/// Makes frames, each when it is due. What changes is the number of the next one, nothing else.
struct Generator {
    telemetry: Telemetry,
    numbers: Range<u64>,
    ticks: Option<Interval>,
    faults: Faults,
}

impl Generator {
    fn new(choice: &Choice, faults: Faults) -> Result<Self, String> {
        let end = choice.count.map_or(u64::MAX, |count| choice.from.saturating_add(count));
        // No period at all where the rate is 0, and none worth the name where the clock can't tell it.
        let period = Duration::from_secs(1).checked_div(choice.rate).filter(|period| !period.is_zero());
        Ok(Self {
            telemetry: Telemetry::new(choice)?,
            numbers: choice.from..end,
            // What a slow receiver is behind with, it gets at once: so an interval does if not told otherwise.
            ticks: period.map(interval),
            faults,
        })
    }

    /// The next frame's number; none after the last.
    fn peek(&mut self) -> Option<u64> {
        if self.faults.gap == Some(self.numbers.start) {
            self.numbers.next();
        }
        self.numbers.clone().next()
    }

    /// The next frame's number, as soon as it is due. Can be given up and asked for again: nothing is lost.
    async fn next(&mut self) -> Option<u64> {
        let number = self.peek()?;
        if self.faults.stall.is_some_and(|stall| number >= stall) {
            pending::<()>().await;
        }
        if let Some(ticks) = &mut self.ticks {
            ticks.tick().await;
        }
        self.numbers.next()
    }

    fn frame(&self, number: u64) -> Result<Vec<u8>, byteferry_header::Error> {
        let Telemetry { dtype, shape, .. } = &self.telemetry;
        let payload = self.telemetry.payload(number);
        let checksum = crc32fast::hash(&payload);
        let checksum = if self.faults.checksum == Some(number) { !checksum } else { checksum };
        let mut bytes = frame::write(dtype, shape, Order::C, "telemetry", number, Some(checksum))?;
        bytes.extend(payload);
        Ok(bytes)
    }
}

/// What is measured: so many channels, sample by sample.
struct Telemetry {
    dtype: DType,
    shape: Shape,
    samples: u64,
    channels: u64,
    write: Write,
}

/// Appends a value as it lies in memory.
type Write = fn(&mut Vec<u8>, i16);

const DTYPES: [(&str, Write); 8] = [
    (">f4", |bytes, value| bytes.extend(f32::from(value).to_be_bytes())),
    ("<f4", |bytes, value| bytes.extend(f32::from(value).to_le_bytes())),
    (">f8", |bytes, value| bytes.extend(f64::from(value).to_be_bytes())),
    ("<f8", |bytes, value| bytes.extend(f64::from(value).to_le_bytes())),
    (">i2", |bytes, value| bytes.extend(value.to_be_bytes())),
    ("<i2", |bytes, value| bytes.extend(value.to_le_bytes())),
    (">i4", |bytes, value| bytes.extend(i32::from(value).to_be_bytes())),
    ("<i4", |bytes, value| bytes.extend(i32::from(value).to_le_bytes())),
];

/// Frames are made whole before they are sent, each in memory.
const MAX_PAYLOAD: u64 = 64 << 20;

impl Telemetry {
    fn new(choice: &Choice) -> Result<Self, String> {
        let (samples, channels) = (choice.samples.into(), choice.channels.into());
        let Some((name, write)) = DTYPES.into_iter().find(|(name, _)| *name == choice.dtype) else {
            let names = DTYPES.map(|(name, _)| name).join(", ");
            return Err(format!("dtype '{}' is not among {names}", choice.dtype));
        };
        let dtype = DType::parse(name).map_err(|error| error.to_string())?;
        let shape =
            Shape::new(vec![samples, channels], dtype.itemsize()).map_err(|error| error.to_string())?;
        // Each by itself as well: of one of them there may be none.
        match shape.nbytes().max(samples).max(channels) {
            ..=MAX_PAYLOAD => Ok(Self { dtype, shape, samples, channels, write }),
            nbytes => Err(format!(
                "{samples} samples of {channels} channels are too many ({nbytes}): a frame has at most {MAX_PAYLOAD} bytes, and as many of either"
            )),
        }
    }

    fn payload(&self, number: u64) -> Vec<u8> {
        // Every factor reckoned modulo 2000, so that no product is too large, whatever the number.
        let first = (number % 2000) * (self.samples % 2000);
        let mut bytes = Vec::with_capacity(self.shape.nbytes() as usize);
        for sample in (0..self.samples).map(|index| (first + index) % 2000) {
            for channel in 0..self.channels {
                let value = (sample * ((channel + 1) % 2000)) % 2000;
                (self.write)(&mut bytes, value as i16 - 1000);
            }
        }
        bytes
    }
}
