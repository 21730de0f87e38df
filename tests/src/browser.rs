//! Browsers
