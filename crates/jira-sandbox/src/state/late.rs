//! Work that is done after its request was answered.

use std::borrow::Cow;

use crate::endpoint::Endpoint;
use crate::gateway;
use crate::kit::http::Request;

use super::{Acted, Arrival, State};

/// Whose account late work goes to, and where it is noted.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    endpoint: Endpoint,
    sequence: Option<usize>,
    app: Cow<'static, str>,
    cloud_id: String,
    charged: bool,
    struck: &'static str,
}

impl Arrival {
    /// Describes what is put off of this request.
    pub(crate) fn late(&self) -> Late {
        Late {
            endpoint: self.endpoint,
            sequence: self.sequence,
            app: self.app.clone(),
            cloud_id: self.cloud_id.clone(),
            charged: self.charged,
            struck: self.struck.unwrap_or_default(),
        }
    }
}

impl State {
    /// Carries out a request that was put off, or a further part of it, long after its answer.
    pub(crate) fn act_late(&mut self, request: &Request, late: &Late, is_further: bool) {
        let endpoint = late.endpoint;
        let answered = if endpoint.is_api() {
            gateway::answer(self, endpoint, request, None)
        } else {
            self.beside_jira(endpoint, request)
        };
        self.collect_events();
        let acted = answered
            .as_ref()
            .map_or_else(|_| Acted::default(), Acted::of);
        // The request itself was charged when it was answered.
        let points = match late.charged {
            true => acted.extra_points + u64::from(is_further),
            false => 0,
        };
        let now = self.timing.now();
        self.limits.charge(&late.cloud_id, points, now);
        self.chaos.count(endpoint, late.struck, 0, acted.created);
        if let Some(sequence) = late.sequence {
            let more = (points, acted.created);
            self.journal
                .add_late(sequence, late.app.clone(), endpoint, more);
        }
    }
}
