//! The words of the gate: enums that are one and the same text in code, JSON, SQL and the docs.

/// A text that is not among the words of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {kind}; it is one of {}", .allowed.join(", "))]
pub struct UnknownWord {
    /// The text as it came.
    pub given: String,
    /// What it was read as, such as `direction`.
    pub kind: &'static str,
    /// Every word that would have been right.
    pub allowed: &'static [&'static str],
}

/// Declares an enum together with the word each variant is.
///
/// The word is what `Display` writes, `FromStr` reads, JSON carries and the database stores;
/// `VARIANTS` and `WORDS` list them in the order of their declaration.
macro_rules! words {
    ($(#[doc = $about:literal])* $kind:literal $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$note])* #[doc = concat!("`", $word, "`")] $variant),+ }

        impl $name {
            /// Every variant, in the order of its declaration.
            pub const VARIANTS: &'static [Self] = &[$(Self::$variant),+];
            /// The word of every variant, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            /// What such a word is called, in messages.
            pub const KIND: &'static str = $kind;

            /// The word this is everywhere.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let about: &[&str] = &[$($about),*];
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(about.join(" ").trim()))
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::words::UnknownWord {
                        given: text.to_owned(), kind: $kind, allowed: Self::WORDS,
                    }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;
