//! serde for these types: written as the words that NumPy and the protocol have for them.

use alloc::{borrow::Cow, string::ToString as _};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::{ByteOrder, Code, DType, Format, Order};

/// A type string, or a list of fields as Python writes it: `">f4"`, `"[('a', '>i2'), ('b', '|u1')]"`.
impl Serialize for DType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

/// What [`DType::parse`] reads.
impl<'de> Deserialize<'de> for DType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

macro_rules! words {
    ($($(#[$about:meta])* $name:ident: $($word:literal => $value:ident),+;)*) => {$(
        $(#[$about])*
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(match self {
                    $(Self::$value => $word,)+
                })
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match &*Cow::<str>::deserialize(deserializer)? {
                    $($word => Ok(Self::$value),)+
                    other => Err(D::Error::unknown_variant(other, &[$($word),+])),
                }
            }
        }
    )*};
}

words! {
    /// `"little"` or `"big"`
    ByteOrder: "little" => Little, "big" => Big;
    /// `"C"` or `"F"`
    Order: "C" => C, "F" => Fortran;
    /// `"raw"`, `"npy"` or `"frame"`
    Format: "raw" => Raw, "npy" => Npy, "frame" => Frame;
}

/// The word that stands in `FerryError.code`.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|code| code.as_str() == word);
        found.ok_or_else(|| D::Error::custom(format_args!("'{word}' is no code of byteferry's")))
    }
}
