//! JSON (RFC 8259), read strictly: a name that is there twice in an object is an error, since two readers of the same text
//! could take different values for it. Every text is wiped when it is dropped, because some are tokens.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// A value.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent that fits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Zeroizing<String>),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

/// The text is not JSON, or has a name twice in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson;

impl Json {
    /// Reads a whole text.
    ///
    /// # Errors
    /// It is not JSON, has a name twice in an object, or is nested more deeply than 127 levels.
    pub fn parse(text: &[u8]) -> Result<Self, NotJson> {
        serde_json::from_slice(text).map_err(|_| NotJson)
    }

    /// Reads a whole text that has to be an object.
    ///
    /// # Errors
    /// As for [`Json::parse`], or it is something else.
    pub fn parse_object(text: &[u8]) -> Result<Self, NotJson> {
        Self::parse(text).and_then(|value| if value.is_object() { Ok(value) } else { Err(NotJson) })
    }

    /// The value of that name in an object. `null` is as good as none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name).filter(|value| **value != Self::Null),
            _ => None,
        }
    }

    /// Whether an object has that name, whatever its value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        matches!(self, Self::Object(members) if members.contains_key(name))
    }

    /// The string of that name in an object.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// The string that it is.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The elements of the array that it is.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        })
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "so large a number is none that anything here may be")]
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(Zeroizing::new(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value()?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name twice"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_are() {
        let value =
            Json::parse(br#"{"a":[1,-2,3.5,"x",true,null],"n":null,"u":18446744073709551615}"#).unwrap();
        let elements = value.get("a").and_then(Json::as_array).unwrap();
        assert_eq!(elements[0], Json::Integer(1));
        assert_eq!(elements[1], Json::Integer(-2));
        assert_eq!(elements[2], Json::Float(3.5));
        assert_eq!(elements[3].as_text(), Some("x"));
        assert_eq!(elements[4], Json::Bool(true));
        assert_eq!(elements[5], Json::Null);
        assert_eq!(value.get("n"), None);
        assert!(matches!(value.get("u"), Some(Json::Float(_))));
    }

    #[test]
    fn what_is_no_json_or_has_two_meanings_is_refused() {
        for text in [
            "",
            "{",
            "{} {}",
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"\u0062":2}}"#,
            r#"[{"a":1,"a":2}]"#,
            "{'a':1}",
            r#"{"a":NaN}"#,
            r#"{"a":1e999}"#,
            "\"\u{0}\"",
        ] {
            assert_eq!(Json::parse(text.as_bytes()), Err(NotJson), "{text}");
        }
        assert_eq!(Json::parse(b"\"\xff\""), Err(NotJson));
        assert_eq!(Json::parse("[".repeat(100_000).as_bytes()), Err(NotJson));
        assert_eq!(Json::parse_object(b"[]"), Err(NotJson));
    }

    #[test]
    fn nothing_in_it_is_shown() {
        assert_eq!(format!("{:?}", Json::parse(br#"{"token":"x"}"#).unwrap()), "an object");
        assert_eq!(format!("{:?}", Json::parse(br#""x""#).unwrap()), "a string");
    }
}
