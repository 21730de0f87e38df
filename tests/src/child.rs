//! Children
