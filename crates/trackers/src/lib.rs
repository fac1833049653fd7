//! Issue trackers behind the ports of the Handoff domain.
