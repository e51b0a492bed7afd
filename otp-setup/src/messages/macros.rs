//! How messages are written down: the name, the placeholders in it, and the English text. `otp-setup`'s build script reads them here,
//! and puts the translations of `po/otp-setup` beside them ([`super::translated`]); see the crate `catalogue`.

/// A message as the tests look at it.
#[cfg(test)]
pub struct Message {
    pub name: &'static str,
    pub placeholders: &'static [&'static str],
    pub texts: super::Texts,
}

/// The table of a subject's messages, for the tests.
macro_rules! listed {
    ($($name:ident($($placeholder:ident),*) $english:literal;)*) => {
        /// All of them.
        #[cfg(test)]
        pub const MESSAGES: &[super::macros::Message] = &[
            $(super::macros::Message {
                name: stringify!($name),
                placeholders: &[$(stringify!($placeholder)),*],
                texts: super::texts($english, super::translated::$name),
            },)*
        ];
    };
}

/// The messages of a subject. Each becomes a method of [`super::Messages`].
macro_rules! messages {
    ($($(#[$note:meta])* $name:ident($($placeholder:ident),*) $english:literal;)*) => {
        impl super::Messages {
            $(
                $(#[$note])*
                pub fn $name(&self, $($placeholder: impl std::fmt::Display),*) -> String {
                    let texts = super::texts($english, super::translated::$name);
                    self.filled(texts, &[$((stringify!($placeholder), &$placeholder)),*])
                }
            )*
        }

        listed! { $($name($($placeholder),*) $english;)* }
    };
}

/// The doctor's findings: messages with two lines, what it is and why it matters. Each becomes a method that returns a
/// [`super::Description`], whose id is the message's name.
macro_rules! findings {
    ($($(#[$note:meta])* $name:ident($($placeholder:ident),*) $english:literal;)*) => {
        impl super::Messages {
            $(
                $(#[$note])*
                pub fn $name(&self, $($placeholder: impl std::fmt::Display),*) -> super::Description {
                    let values: &[(&str, &dyn std::fmt::Display)] = &[$((stringify!($placeholder), &$placeholder)),*];
                    let texts = super::texts($english, super::translated::$name);
                    super::Description { name: stringify!($name), text: self.filled(texts, values) }
                }
            )*
        }

        listed! { $($name($($placeholder),*) $english;)* }
    };
}

/// Texts that are looked up by their names.
macro_rules! named {
    ($($(#[$note:meta])* $name:ident $english:literal;)*) => {
        pub const NAMED: &[(&str, super::Texts)] =
            &[$((stringify!($name), super::texts($english, super::translated::$name)),)*];
    };
}

/// Texts that are looked up by their English words, which are somebody else's.
macro_rules! phrases {
    ($block:ident $($(#[$note:meta])* $english:literal;)*) => {
        static $block: super::Phrases =
            super::Phrases { english: &[$($english),*], translated: &super::translated::$block };
    };
}
