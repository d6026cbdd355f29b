//! A record as the JSON text that is stored: all its fields but the raw documents and the list of
//! the vendor's own fields, which are kept elsewhere.
//!
//! It owns the text only. It goes through no tree of values: every record of a pass comes this way.

use std::fmt;

use ats_core::Record;
use serde::{
    Serialize, Serializer,
    ser::{self, Impossible, SerializeStruct},
};

use crate::off::FieldsOff;

/// What is kept beside the content.
const APART: [&str; 2] = ["remote_data", "integration_fields"];

/// The content of a record, with nothing in the fields that are off.
pub(crate) fn content(
    record: &Record,
    off: Option<&FieldsOff>,
) -> Result<String, serde_json::Error> {
    let mut text = Vec::with_capacity(1024);
    let inner = &mut serde_json::Serializer::new(&mut text);
    record.serialize(TopLevel { inner, off })?;
    // Some pages carry tens of thousands of join records, which are short.
    text.shrink_to_fit();
    String::from_utf8(text).map_err(ser::Error::custom)
}

/// Writes one struct, without the fields that are kept apart.
struct TopLevel<'a, S> {
    inner: S,
    off: Option<&'a FieldsOff>,
}

/// The fields of that struct.
struct Fields<'a, S> {
    inner: S,
    off: Option<&'a FieldsOff>,
}

impl<S: SerializeStruct> SerializeStruct for Fields<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        if APART.contains(&key) {
            return self.inner.skip_field(key);
        }
        match self.off.and_then(|off| off.get(key)) {
            None => self.inner.serialize_field(key, value),
            Some(nothing) => self.inner.serialize_field(key, nothing),
        }
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.inner.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

/// Records are structs; anything else is a defect.
fn no_struct<T, E: ser::Error>() -> Result<T, E> {
    Err(E::custom("a record is not a struct"))
}

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, S::Error> {
            no_struct()
        })*
    };
}

impl<'a, S: Serializer> Serializer for TopLevel<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = Fields<'a, S::SerializeStruct>;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let off = self.off;
        let inner = self.inner.serialize_struct(name, length)?;
        Ok(Fields { inner, off })
    }

    refuse! {
        serialize_bool(bool) -> S::Ok;
        serialize_i8(i8) -> S::Ok;
        serialize_i16(i16) -> S::Ok;
        serialize_i32(i32) -> S::Ok;
        serialize_i64(i64) -> S::Ok;
        serialize_u8(u8) -> S::Ok;
        serialize_u16(u16) -> S::Ok;
        serialize_u32(u32) -> S::Ok;
        serialize_u64(u64) -> S::Ok;
        serialize_f32(f32) -> S::Ok;
        serialize_f64(f64) -> S::Ok;
        serialize_char(char) -> S::Ok;
        serialize_str(&str) -> S::Ok;
        serialize_bytes(&[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(&'static str) -> S::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> S::Ok;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        no_struct()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        no_struct()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        no_struct()
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        no_struct()
    }
}

#[cfg(test)]
mod tests {
    use ats_core::{
        RawJson,
        model::{FieldOrigin, IntegrationField, Offer, RejectionReason, RemoteData},
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn the_content_is_the_record_without_what_is_kept_apart() {
        let raw = RawJson::from(&json!({ "id": 1 }));
        let record = Record::from(RejectionReason {
            remote_id: "r\n1".into(),
            name: None,
            remote_data: Some(RemoteData::default().with("/archiveReason.list", raw)),
            archived: true,
        });
        assert_eq!(
            content(&record, None).unwrap(),
            r#"{"remote_id":"r\n1","name":null}"#
        );
    }

    #[test]
    fn a_field_of_the_same_name_further_inside_stays() {
        #[derive(Serialize)]
        struct Inner {
            remote_data: u8,
        }
        #[derive(Serialize)]
        struct Outer {
            remote_data: u8,
            inner: Inner,
        }
        let outer = Outer {
            remote_data: 1,
            inner: Inner { remote_data: 2 },
        };
        let mut text = Vec::new();
        let inner = &mut serde_json::Serializer::new(&mut text);
        outer.serialize(TopLevel { inner, off: None }).unwrap();
        assert_eq!(text, br#"{"inner":{"remote_data":2}}"#);
        let inner = &mut serde_json::Serializer::new(Vec::new());
        assert!([1].serialize(TopLevel { inner, off: None }).is_err());
    }

    #[test]
    fn the_list_of_the_vendors_own_fields_is_kept_apart_too() {
        let field = IntegrationField {
            id: "f".into(),
            key: "f".into(),
            origin: FieldOrigin::Custom,
            value: json!(1),
            label: None,
        };
        let whole = |integration_fields| {
            Record::from(Offer {
                remote_id: "o".into(),
                status: None,
                employment_start_date: None,
                application_id: None,
                custom_fields: None,
                integration_fields,
                remote_created_at: None,
                remote_updated_at: None,
                remote_data: None,
            })
        };
        let text = content(&whole(vec![field]), None).unwrap();
        assert!(text.starts_with(r#"{"remote_id":"o""#) && !text.contains("integration_fields"));
        assert_eq!(text, content(&whole(Vec::new()), None).unwrap());
    }
}
