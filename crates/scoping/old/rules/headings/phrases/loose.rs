//! Words that speak of something else, unless the part stands in a list of work, where they are its categories.

use super::{At, Entry};
use handoff_domain::document::model::BlockType;
use crate::rules::headings::Role::{self, Aside, Document};
use crate::rules::headings::Work;

/// Words that speak of something else, unless the part stands in a list of work, where they are its categories.
pub(in crate::rules::headings) const LOOSE: &[Entry] = &[
    (At::Edge, "goal, objective", Aside(BlockType::Goal)),
    (
        At::Edge,
        "why, context, opportunity, research, challenges, description, findings, analysis, \
         status, current status, user needs",
        Aside(BlockType::Problem),
    ),
    (
        At::Edge,
        "architecture, design, solution, approach, technologies, schema, api, endpoints, \
         components, infrastructure, deployment, entities, alternatives, considerations, \
         stack, configuration, files, proposal, tech, interfaces, commands, algorithm, \
         rendering, journeys, flows, workflows, workflow, ux, user interface, ui design, game \
         mechanics, mechanics, details, dataset, tooling, services, integrations",
        Aside(BlockType::Solution),
    ),
    (
        At::Edge,
        "testing, tests, qa, verification, validation, monitoring, documentation, compliance, \
         compliance and documentation, review, governance, team, communication, policy, \
         process, metadata, examples",
        Aside(BlockType::Note),
    ),
    (
        At::Any,
        "product requirements document, requirements document, requirements specification, \
         prd, feature specification, specification document, design document, srs",
        Document,
    ),
    (
        At::Whole,
        "specification, spec, feature spec, product spec, functional spec",
        Document,
    ),
    (
        At::Edge,
        "requirements, must haves",
        Role::Work(Work::Requirements),
    ),
];
