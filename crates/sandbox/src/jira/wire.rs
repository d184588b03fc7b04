//! The JSON of the interface, written straight into one buffer.

mod comment;
mod field;
mod history;
mod issue;
mod project;
mod user;

use std::ops::Deref;

use jiff::tz::TimeZone;
use mainstem_model::Timestamp;

use crate::jira::fields::Fields;
use crate::jira::world::{VIEWER, World};

pub(crate) use issue::Expand;
pub(crate) use project::{board_id, sprint_state};

/// The world as one caller is told of it.
pub(crate) struct View<'w> {
    world: &'w World,
    /// Whether texts are documents rather than wiki markup.
    pub documents: bool,
    /// The zone in which times are told.
    pub zone: TimeZone,
}

impl<'w> View<'w> {
    pub fn new(world: &'w World, documents: bool) -> Self {
        use crate::jira::Deployment;
        // Cloud tells times in the account's zone; Data Center in that of the machine.
        let zone = match world.deployment {
            Deployment::Cloud => account_zone(world),
            Deployment::DataCenter => TimeZone::UTC,
        };
        Self { world, documents, zone }
    }
}

impl Deref for View<'_> {
    type Target = World;
    fn deref(&self) -> &World {
        self.world
    }
}

/// The account's own zone; UTC where its name means nothing.
pub(crate) fn account_zone(world: &World) -> TimeZone {
    TimeZone::get(&world[VIEWER].time_zone).unwrap_or(TimeZone::UTC)
}

/// A buffer with the view beside it.
pub(crate) type Wire<'a> = crate::wire::Json<'a, View<'a>>;

/// Such as `2026-03-01T09:30:00.000+0100`.
pub(crate) fn told_time(zone: &TimeZone, time: Timestamp) -> String {
    let instant = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default();
    let offset = zone.to_offset(instant);
    let local = offset.to_datetime(instant);
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{sign}{:02}{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second(),
        local.millisecond(),
        minutes.abs() / 60,
        minutes.abs() % 60
    )
}

/// Which fields of an issue a caller wants.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// Nothing but the id, as Cloud's search does by default.
    pub ids_only: bool,
    /// Places of the fields that are shown.
    pub places: Vec<usize>,
    /// The most comments that stand within an issue.
    pub embedded_comments: usize,
}

/// What is shown to those who name no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unnamed {
    Ids,
    Navigable,
    All,
}

impl Selection {
    /// Reads `fields`, a list of ids, `*all`, `*navigable` and `-id`.
    pub fn read(fields: &Fields, wanted: &[String], unnamed: Unnamed) -> Self {
        let wanted: Vec<&str> = wanted
            .iter()
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .filter(|field| !field.is_empty())
            .collect();
        let mut shown = vec![false; fields.len()];
        let mut show_all = |only_navigable: bool| {
            for (place, field) in fields.iter().enumerate() {
                shown[place] |= field.navigable || !only_navigable;
            }
        };
        let names_none = wanted.iter().all(|field| field.starts_with('-'));
        match unnamed {
            Unnamed::All if names_none => show_all(false),
            Unnamed::Navigable if names_none => show_all(true),
            Unnamed::Ids if names_none && !wanted.is_empty() => show_all(true),
            _ => {}
        }
        for field in &wanted {
            match *field {
                "*all" => show_all(false),
                "*navigable" => show_all(true),
                _ => {}
            }
        }
        for field in &wanted {
            let (name, show) = field.strip_prefix('-').map_or((*field, true), |name| (name, false));
            if let Some(place) = fields.place(name) {
                shown[place] = show;
            }
        }
        let places = (0..fields.len()).filter(|&place| shown[place]).collect();
        let ids_only = match wanted.as_slice() {
            [] => unnamed == Unnamed::Ids,
            names => names.iter().all(|name| *name == "id"),
        };
        Self { ids_only, places, embedded_comments: usize::MAX }
    }

    /// Whether no field is shown, but perhaps the key.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}
