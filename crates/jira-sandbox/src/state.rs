//! The sandbox's whole state, and which module answers a request.

mod late;

use std::borrow::Cow;
use std::sync::{Mutex, Weak};
use std::time::{Duration, Instant};

use serde_json::Value;
use time::OffsetDateTime;

use crate::chaos::ChaosRun;
use crate::config::SandboxConfig;
use crate::effect::Effect;
use crate::endpoint::Endpoint;
use crate::journal::{Ended, Journal, JournalEntry};
use crate::json::text_of;
use crate::kit::faults::{FaultPlan, Struck};
use crate::kit::http::{Answer, Answered, Request};
use crate::kit::journal::{Exchange, ExchangeAnswer};
use crate::limits::{Asked, Limits};
use crate::localise;
use crate::oauth::Tokens;
use crate::others::Others;
use crate::rest::SearchPages;
use crate::rest::table::Handler;
use crate::switches::Switches;
use crate::timing::Timing;
use crate::webhooks::Webhooks;
use crate::world::World;
use crate::{control, gateway, pages};

/// Everything that requests read and change, behind one lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: SandboxConfig,
    pub(crate) timing: Timing,
    pub(crate) world: World,
    pub(crate) tokens: Tokens,
    pub(crate) faults: FaultPlan,
    pub(crate) journal: Journal,
    pub(crate) search_pages: SearchPages,
    pub(crate) switches: Switches,
    pub(crate) chaos: ChaosRun,
    pub(crate) others: Others,
    pub(crate) webhooks: Webhooks,
    /// The state itself, for work that goes on in the background.
    pub(crate) myself: Weak<Mutex<Self>>,
    pub(crate) in_flight: usize,
    pub(crate) limits: Limits,
}

/// What a request is in for, decided when it arrives.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) endpoint: Endpoint,
    /// Its place in the journal; none for the sandbox's own pages and calls.
    sequence: Option<usize>,
    /// Where its answer is kept, where whole requests are.
    exchange: Option<usize>,
    app: Cow<'static, str>,
    cloud_id: String,
    /// Whether the hourly quota counts it.
    charged: bool,
    bytes_in: usize,
    began: Instant,
    /// When it arrived, by the sandbox's clock.
    pub(crate) at: OffsetDateTime,
    pub(crate) fault: Option<Effect>,
    /// The name under which the fault is counted.
    pub(crate) struck: Option<&'static str>,
    pub(crate) latency: Duration,
    pub(crate) latency_per_issue: Duration,
}

impl State {
    pub(crate) fn new(config: SandboxConfig, world: World, myself: Weak<Mutex<Self>>) -> Self {
        let switches = config.switches.clone();
        let mut faults = FaultPlan::default();
        for fault in &config.faults {
            faults.push(fault.clone());
        }
        let mut chaos = ChaosRun::default();
        if let Some(rules) = &config.chaos {
            // Rules that make no sense were refused when the sandbox was set up.
            drop(chaos.start(rules.clone()));
        }
        let mut state = Self {
            world,
            config,
            timing: Timing::default(),
            tokens: Tokens::default(),
            faults,
            journal: Journal::default(),
            search_pages: SearchPages::default(),
            switches,
            chaos,
            others: Others::default(),
            webhooks: Webhooks::default(),
            myself,
            in_flight: 0,
            limits: Limits::default(),
        };
        state.follow_switches();
        state
    }

    /// Passes the switches on to those who cannot ask for them.
    fn follow_switches(&mut self) {
        self.tokens.follow(&self.switches.oauth);
        self.timing.follow(self.switches.timing);
        let read_lag = Duration::from_millis(self.switches.timing.read_lag_ms);
        for site in &mut self.world.sites {
            site.read_lag = read_lag;
        }
    }

    /// Gives those who have registered for it what has happened since the last call.
    pub(crate) fn collect_events(&mut self) {
        let now = self.timing.now();
        let (world, draws) = (&mut self.world, &mut self.timing.draws);
        let switches = &self.switches.webhooks;
        self.webhooks.collect(world, draws, switches, now);
    }

    /// Changes the switches.
    pub(crate) fn switch(&mut self, switches: Switches) {
        // What has happened so far happened under the old switches.
        self.collect_events();
        self.switches = switches;
        self.follow_switches();
    }

    /// Notes a request's arrival and decides what is in store for it.
    pub(crate) fn arrive(&mut self, request: &Request) -> Arrival {
        let endpoint = Endpoint::of(&request.method, &request.parts(0));
        let struck = self.strike(endpoint, request);
        self.in_flight += usize::from(endpoint.is_api());
        let query = if endpoint.is_api() {
            request.query_string.clone()
        } else {
            String::new()
        };
        let app = self.app_of(request);
        let now = self.timing.now();
        let entry = || JournalEntry {
            sequence: 0,
            at: now,
            app: app.clone(),
            method: request.method.to_string(),
            path: request.path.clone(),
            template: endpoint.template(),
            query,
            endpoint,
            status: None,
            quota_points: 0,
            bytes_in: request.body.len(),
            bytes_out: 0,
            duration_us: 0,
            created_issues: 0,
            in_flight: self.in_flight,
            fault: struck.as_ref().map(|struck| struck.name.to_owned()),
        };
        let quick = endpoint.is_local();
        let sequence = (!quick).then(|| self.journal.push(entry()));
        let exchange = if endpoint.is_api() {
            self.journal.exchanges.push(|| exchange(endpoint, request))
        } else {
            None
        };
        Arrival {
            endpoint,
            sequence,
            exchange,
            charged: endpoint.is_api() && !request.at_site,
            app,
            cloud_id: request.part(2).to_owned(),
            bytes_in: request.body.len(),
            began: Instant::now(),
            at: now,
            struck: struck.as_ref().map(|struck| struck.name),
            fault: struck.map(|struck| struck.effect),
            latency: if quick {
                Duration::ZERO
            } else {
                Duration::from_millis(self.switches.timing.latency_ms)
            },
            latency_per_issue: Duration::from_millis(self.switches.timing.latency_per_issue_ms),
        }
    }

    /// Decides which fault strikes a request: one switched on for it, or a random one.
    fn strike(&mut self, endpoint: Endpoint, request: &Request) -> Option<Struck> {
        if endpoint.is_local() {
            return None;
        }
        let project = || project_of(&self.world, endpoint, request);
        let elements = || elements_of(endpoint, request);
        let chosen = self.faults.take(endpoint, project, elements);
        let chosen = chosen.map(Effect::struck);
        chosen.or_else(|| self.chaos.draw(endpoint, elements))
    }

    /// Acts on a request and gives its true answer, before any fault distorts that.
    pub(crate) fn answer(&mut self, request: &Request, arrival: &Arrival) -> Answer {
        let answer = if arrival.endpoint.is_api() {
            self.within_limits(request, arrival)
        } else {
            let answered = self.beside_jira(arrival.endpoint, request);
            answered.unwrap_or_else(|refusal| refusal)
        };
        self.collect_events();
        if let Some(at) = arrival.exchange {
            let kept = ExchangeAnswer {
                status: answer.status,
                content_type: answer.content_type,
                body: answer.body.clone(),
            };
            self.journal.exchanges.set_answer(at, kept);
        }
        answer
    }

    fn beside_jira(&mut self, endpoint: Endpoint, request: &Request) -> Answered {
        match endpoint.row().map(|row| row.handler) {
            Some(Handler::OAuth(answer)) => answer(self, request),
            _ if endpoint == Endpoint::Page => pages::answer(self, request),
            _ => control::answer(self, request),
        }
    }

    /// Tells who is charged for a request.
    fn app_of(&self, request: &Request) -> Cow<'static, str> {
        if request.at_site {
            return Cow::Borrowed("api-token");
        }
        let names_app = request.bearer.is_some() || request.part(0) == "oauth";
        if names_app {
            self.config.client_id.clone().into()
        } else {
            Cow::Borrowed("")
        }
    }

    /// Notes how a request ended; `answer` is none where the connection was closed instead.
    pub(crate) fn leave(&mut self, arrival: Arrival, answer: Option<&Answer>, acted: &Acted) {
        let jira = arrival.endpoint.is_api();
        self.in_flight -= usize::from(jira).min(self.in_flight);
        let arrived = !matches!(arrival.fault, Some(Effect::DropBefore));
        let points = if arrival.charged && arrived {
            1 + acted.extra_points
        } else {
            0
        };
        let now = self.timing.now();
        self.limits.charge(&arrival.cloud_id, points, now);
        let strikes_elements = arrival.fault.as_ref().is_some_and(Effect::strikes_elements);
        let struck = arrival.struck.filter(|_| acted.hit || !strikes_elements);
        if let Some(struck) = struck {
            self.chaos.count(arrival.endpoint, struck, 1, acted.created);
        }
        let Some(sequence) = arrival.sequence else {
            return;
        };
        self.journal.close(&Ended {
            sequence,
            app: &arrival.app,
            endpoint: arrival.endpoint,
            fault: struck,
            status: answer.map(|answer| answer.status),
            quota_points: points,
            bytes_in: arrival.bytes_in,
            bytes_out: answer.map_or(0, |answer| answer.body.len()),
            created_issues: acted.created,
            duration_us: u64::try_from(arrival.began.elapsed().as_micros()).unwrap_or(u64::MAX),
        });
    }

    /// Answers a Jira request within the limits, and tells what is left of them.
    fn within_limits(&mut self, request: &Request, arrival: &Arrival) -> Answer {
        let asked = Asked {
            endpoint: arrival.endpoint,
            request,
            charged: arrival.charged,
            writes_to: self.written_issue(arrival.endpoint, request),
            now: self.timing.now(),
        };
        let answered = match self.limits.admit(asked, &self.switches.limits) {
            Ok(()) => gateway::answer(self, arrival.endpoint, request, arrival.fault.as_ref()),
            Err(refusal) => Err(refusal),
        };
        let mut answer = answered.unwrap_or_else(|refusal| refusal);
        localise::translate(&mut answer, self.switches.reads.language.of(request));
        self.limits.tell(asked, &self.switches.limits, &mut answer);
        answer
    }

    /// Finds the issue that a request writes to, where those writes are limited.
    fn written_issue(&self, endpoint: Endpoint, request: &Request) -> Option<u64> {
        let limited = self.switches.limits.enforce_per_issue && endpoint.writes_to_issue();
        let site = limited.then(|| self.world.site(request.part(2)))?;
        site?.resolve(request.part(7))
    }
}

/// Copies a request for those who check it later.
fn exchange(endpoint: Endpoint, request: &Request) -> Exchange {
    Exchange {
        endpoint,
        method: request.method.to_string(),
        template: endpoint.template(),
        version: request.version().to_owned(),
        path: request.path.clone(),
        query: request.query.clone(),
        content_type: request.content_type.clone(),
        body: request.body.to_vec(),
        answer: None,
    }
}

/// What acting on a request made and cost, also where the answer never left.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Acted {
    pub(crate) created: u32,
    pub(crate) extra_points: u64,
    /// Whether a fault hit an element of a bulk.
    pub(crate) hit: bool,
}

impl Acted {
    pub(crate) fn of(answer: &Answer) -> Self {
        Self {
            created: answer.created,
            extra_points: answer.extra_points,
            hit: answer.hit,
        }
    }
}

/// Tells which project a Jira request speaks of, by its key.
fn project_of(world: &World, endpoint: Endpoint, request: &Request) -> Option<String> {
    let site = world.site(request.part(2))?;
    let key = |id_or_key: &str| {
        site.project(id_or_key)
            .map(|(_, project)| project.key.clone())
    };
    let of_issue = |id_or_key: &str| {
        let issue = site.issue(site.resolve(id_or_key)?)?;
        site.project_at(issue.data.project)
            .map(|project| project.key.clone())
    };
    match endpoint {
        Endpoint::Project => key(request.part(7)),
        Endpoint::CreateMetaTypes | Endpoint::CreateMetaFields => key(request.part(8)),
        Endpoint::CreateIssue => key(&named_project(&body(request)?)?),
        Endpoint::BulkCreate => key(&named_project(body(request)?.pointer("/issueUpdates/0")?)?),
        Endpoint::BulkFetch => of_issue(body(request)?.pointer("/issueIdsOrKeys/0")?.as_str()?),
        Endpoint::GetIssue
        | Endpoint::EditIssue
        | Endpoint::ListTransitions
        | Endpoint::Transition
        | Endpoint::GetProperty
        | Endpoint::PutProperty
        | Endpoint::DeleteProperty => of_issue(request.part(7)),
        _ => None,
    }
}

/// Counts the elements of a bulk create.
fn elements_of(endpoint: Endpoint, request: &Request) -> usize {
    let is_bulk = endpoint == Endpoint::BulkCreate;
    let body = is_bulk.then(|| body(request)).flatten();
    let elements = body.as_ref().and_then(|body| body.get("issueUpdates"));
    elements.and_then(Value::as_array).map_or(0, Vec::len)
}

fn body(request: &Request) -> Option<Value> {
    serde_json::from_slice(&request.body).ok()
}

fn named_project(issue: &Value) -> Option<String> {
    let project = issue.pointer("/fields/project")?;
    let named = project.get("id").or_else(|| project.get("key"))?;
    Some(text_of(named))
}
