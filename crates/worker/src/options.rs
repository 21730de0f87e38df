//! The options of a job: JSON, parsed by the reader of .npy headers, and looked up where they are needed.
//!
//! serde is not used: its errors about wrong types bring in the formatting of floats, a quarter of what a page would
//! download. [`byteferry_protocol::DecodeOptions`] describes the options, and tests write them by that type.

use alloc::{string::String, vec::Vec};
use byteferry_convert::Casting;
use byteferry_header::literal::{self, Encoding, Node};
use byteferry_header::{Code, Error, Order};

/// The options of a job. Every known option has been checked to be of its kind.
pub struct Options(Node);

/// The kind of value that an option takes.
enum Kind {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Casting,
    /// An integer that is not negative.
    Whole,
    Truth,
    Wholes,
    Integers,
}

const FORMATS: [&str; 4] = ["auto", "raw", "npy", "frame"];
const ORDERS: [&str; 2] = ["C", "F"];
const BYTE_ORDERS: [&str; 2] = ["little", "big"];
const COMPLEX: [&str; 2] = ["interleaved", "planes"];
const LONGDOUBLES: [&str; 2] = ["x87", "quad"];

/// The kinds of options. `to`, `array` and options not listed are checked where they are used.
const KINDS: [(&str, Kind); 19] = [
    ("format", Kind::Word(&FORMATS)),
    ("dtype", Kind::Text),
    ("shape", Kind::Wholes),
    ("order", Kind::Word(&ORDERS)),
    ("offset", Kind::Whole),
    ("strides", Kind::Integers),
    ("casting", Kind::Casting),
    ("strict", Kind::Truth),
    ("checksum", Kind::Truth),
    ("layout", Kind::Word(&ORDERS)),
    ("complex", Kind::Word(&COMPLEX)),
    ("longdouble", Kind::Word(&LONGDOUBLES)),
    ("byteOrder", Kind::Word(&BYTE_ORDERS)),
    ("name", Kind::Text),
    ("sequence", Kind::Whole),
    ("byteOffset", Kind::Whole),
    ("byteLength", Kind::Whole),
    ("limit", Kind::Whole),
    ("writable", Kind::Truth),
];

impl Options {
    /// # Errors
    /// `bad-argument`, naming the option that is not of its kind.
    pub fn read(json: &[u8]) -> Result<Self, Error> {
        let options = match literal::read(json, "an option", 0, Encoding::Json) {
            Ok(node) => Self(node),
            Err(mut error) => {
                error.code = Code::BadArgument;
                return Err(error);
            }
        };
        for (name, kind) in &KINDS {
            let Some(node) = options.get(name) else { continue };
            let (is, what) = match kind {
                Kind::Text => (node.text().is_some(), "a string"),
                Kind::Whole => (node.whole().is_some(), "a whole number"),
                Kind::Truth => (node.truth().is_some(), "true or false"),
                Kind::Wholes => (every(node, |node| node.whole().is_some()), "a list of whole numbers"),
                Kind::Integers => (every(node, |node| node.integer().is_some()), "a list of whole numbers"),
                Kind::Casting if node.text().and_then(Casting::parse).is_some() => continue,
                Kind::Casting => return Err(wrong(name, &any_of(&Casting::ALL.map(Casting::as_str)))),
                Kind::Word(words) => {
                    if !node.text().is_some_and(|text| words.contains(&text)) {
                        return Err(wrong(name, &any_of(words)));
                    }
                    continue;
                }
            };
            if !is {
                return Err(wrong(name, what));
            }
        }
        Ok(options)
    }

    /// The value of an option that was given and is not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.0.get(name).filter(|node| !node.is_none())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    pub(crate) fn whole(&self, name: &str) -> Option<u64> {
        self.get(name)?.whole()
    }

    pub(crate) fn truth(&self, name: &str) -> Option<bool> {
        self.get(name)?.truth()
    }

    pub(crate) fn strides(&self) -> Option<Vec<i64>> {
        Some(self.get("strides")?.items()?.iter().filter_map(Node::integer).collect())
    }

    pub(crate) fn casting(&self) -> Casting {
        self.text("casting").and_then(Casting::parse).unwrap_or_default()
    }

    /// `order` or `layout`
    pub(crate) fn order(&self, name: &str) -> Option<Order> {
        self.text(name).map(|word| if word == "F" { Order::Fortran } else { Order::C })
    }
}

fn every(list: &Node, is: fn(&Node) -> bool) -> bool {
    list.items().is_some_and(|items| items.iter().all(is))
}

/// Joins words by "or". Written by hand, as the library's `join` is a KiB.
fn any_of(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push_str(" or ");
        }
        text.push_str(word);
    }
    text
}

/// The non-negative integers in a list.
pub(crate) fn wholes(list: &Node) -> Vec<u64> {
    list.items().unwrap_or_default().iter().filter_map(Node::whole).collect()
}

/// The error for an option of the wrong kind.
#[cold]
pub(crate) fn wrong(name: &str, kind: &str) -> Error {
    Error::new(Code::BadArgument, format_args!("{name} must be {kind}"))
}
