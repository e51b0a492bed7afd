//! How messages are written down.

/// A message as the tests look at it.
#[cfg(test)]
pub struct Message {
    pub name: &'static str,
    pub placeholders: &'static [&'static str],
    pub texts: super::Texts,
}

/// The table of a subject's messages, for the tests.
macro_rules! listed {
    ($($name:ident($($placeholder:ident),*) en $english:literal cs $czech:literal;)*) => {
        /// All of them.
        #[cfg(test)]
        pub const MESSAGES: &[super::macros::Message] = &[
            $(super::macros::Message {
                name: stringify!($name),
                placeholders: &[$(stringify!($placeholder)),*],
                texts: [$english, $czech],
            },)*
        ];
    };
}

/// The messages of a subject: of each its name, the placeholders in it, and its text in every language. Each becomes a
/// method of [`super::Messages`].
macro_rules! messages {
    ($($name:ident($($placeholder:ident),*) en $english:literal cs $czech:literal;)*) => {
        impl super::Messages {
            $(
                pub fn $name(&self, $($placeholder: impl std::fmt::Display),*) -> String {
                    self.filled([$english, $czech], &[$((stringify!($placeholder), &$placeholder)),*])
                }
            )*
        }

        listed! { $($name($($placeholder),*) en $english cs $czech;)* }
    };
}

/// The doctor's findings: messages with two lines, what it is and why it matters. Each becomes a method that returns a
/// [`super::Description`], whose id is the message's name.
macro_rules! findings {
    ($($name:ident($($placeholder:ident),*) en $english:literal cs $czech:literal;)*) => {
        impl super::Messages {
            $(
                pub fn $name(&self, $($placeholder: impl std::fmt::Display),*) -> super::Description {
                    let values: &[(&str, &dyn std::fmt::Display)] = &[$((stringify!($placeholder), &$placeholder)),*];
                    super::Description { name: stringify!($name), text: self.filled([$english, $czech], values) }
                }
            )*
        }

        listed! { $($name($($placeholder),*) en $english cs $czech;)* }
    };
}

/// Texts that are looked up by their names, in every language.
macro_rules! named {
    ($($name:ident en $english:literal cs $czech:literal;)*) => {
        pub const NAMED: &[(&str, super::Texts)] = &[$((stringify!($name), [$english, $czech]),)*];
    };
}
