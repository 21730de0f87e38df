//! `/live`: an endless stream of frames, as from a telemetry link: one after the other in an HTTP body, or as the
//! messages of a WebSocket.
//!
//! Sample `s`, counted from the first of frame 0, has in channel `c` the value `((s * (c + 1)) % 2000) - 1000`: an
//! integer that every dtype here holds exactly, and that a test can compute without the frames before.

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
    /// How many frames; endless if not given
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

/// Faults, each by the sequence number of its frame.
#[derive(Deserialize, Clone, Copy)]
struct Faults {
    /// This frame is left out
    gap: Option<u64>,
    /// This frame has a wrong CRC-32
    checksum: Option<u64>,
    /// The connection breaks off in the middle of this frame
    cut: Option<u64>,
    /// Neither this frame nor any after it comes, and the connection stays open
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

/// The HTTP body: one frame after the other, padded with zeros as [`frame`] requires.
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

/// Sends each frame as a message, until the last one or until the client is gone.
async fn send(mut generator: Generator, mut socket: WebSocket) {
    loop {
        tokio::select! {
            received = socket.recv() => if !matches!(received, Some(Ok(_))) { return },
            number = generator.next() => {
                let Some(number) = number else { break };
                // Dropping the socket without a close frame breaks the connection off.
                let Some(frame) = generator.frame(number).ok().filter(|_| generator.faults.cut != Some(number))
                else { return };
                if socket.send(Message::Binary(frame.into())).await.is_err() { return }
            }
        }
    }
    // After sending a close frame, waits for the client's, or data in transit may be lost.
    if socket.send(Message::Close(None)).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

/// Makes frames, each when it is due. Its only changing state is the next frame's number.
struct Generator {
    telemetry: Telemetry,
    numbers: Range<u64>,
    ticks: Option<Interval>,
    faults: Faults,
}

impl Generator {
    fn new(choice: &Choice, faults: Faults) -> Result<Self, String> {
        let end = choice.count.map_or(u64::MAX, |count| choice.from.saturating_add(count));
        // No period if the rate is 0, or so high that the period rounds to 0.
        let period = Duration::from_secs(1).checked_div(choice.rate).filter(|period| !period.is_zero());
        Ok(Self {
            telemetry: Telemetry::new(choice)?,
            numbers: choice.from..end,
            // A slow receiver gets the frames it has missed at once: tokio's default.
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

    /// The next frame's number, as soon as it is due. Cancel-safe: no number is lost.
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

/// The signal: `channels` values for each sample.
struct Telemetry {
    dtype: DType,
    shape: Shape,
    samples: u64,
    channels: u64,
    write: Write,
}

/// Appends a value in the dtype's bytes.
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

/// Frames are built in memory before they are sent.
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
        // Checked one by one as well: if either is 0, so is the product.
        match shape.nbytes().max(samples).max(channels) {
            ..=MAX_PAYLOAD => Ok(Self { dtype, shape, samples, channels, write }),
            nbytes => Err(format!(
                "{samples} samples of {channels} channels are too many ({nbytes}): a frame has at most {MAX_PAYLOAD} bytes, and as many of either"
            )),
        }
    }

    fn payload(&self, number: u64) -> Vec<u8> {
        // Every factor is reduced modulo 2000 first, so that no product overflows.
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
