//! Tools for the black-box tests.
