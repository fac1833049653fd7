//! The HTTP server: a thread of its own, one handler for everything.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{any::Any, io, thread};

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::rt::time::sleep;
use actix_web::web::{Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use serde_json::Value;

use crate::config::SandboxConfig;
use crate::effect::Effect;
use crate::errors::{SandboxError, html_error};
use crate::handle::SandboxHandle;
use crate::kit::http::{Answer, Request};
use crate::late;
use crate::limits;
use crate::state::{Acted, Arrival};
use crate::webhooks::run_sender;
use crate::world::world_of;

/// The largest body the sandbox reads.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// A running sandbox; it stops when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    handle: SandboxHandle,
    base_url: String,
    server: Option<Server>,
}

struct Server {
    control: ServerHandle,
    thread: JoinHandle<()>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

impl Sandbox {
    /// Starts a server on its own thread and returns once it accepts connections.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Bind`] when the address is taken, [`SandboxError::World`] when a described
    /// world contradicts itself, [`SandboxError::Start`] when the system gives no thread.
    pub fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let address = config.bind;
        let bind = |source| SandboxError::Bind { address, source };
        let listener = TcpListener::bind(address).map_err(bind)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(bind)?);
        let world = world_of(&config, &base_url).map_err(SandboxError::World)?;
        if let Some(chaos) = &config.chaos {
            chaos.check().map_err(SandboxError::World)?;
        }
        let handle = SandboxHandle::new(config, world);
        let server = Server::start(listener, handle.clone()).map_err(SandboxError::Start)?;
        Ok(Self {
            handle,
            base_url,
            server: Some(server),
        })
    }

    /// Gives the address under which everything hangs, such as `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Gives the handle by which a test looks in and interferes.
    pub fn handle(&self) -> &SandboxHandle {
        &self.handle
    }

    /// Stops the server and closes its connections.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl Server {
    fn start(listener: TcpListener, handle: SandboxHandle) -> io::Result<Self> {
        let (started, starting) = mpsc::channel();
        let sender = handle.clone();
        let run = move || {
            rt::System::new().block_on(async move {
                let server = match build(listener, handle) {
                    Ok(server) => server,
                    Err(error) => return drop(started.send(Err(error))),
                };
                drop(started.send(Ok(server.handle())));
                rt::spawn(run_sender(sender));
                // An accept error ends the server; callers then see refused connections.
                drop(server.await);
            });
        };
        let thread = thread::Builder::new()
            .name("jira-sandbox".to_owned())
            .spawn(run)?;
        let control = starting.recv().map_err(io::Error::other)??;
        Ok(Self { control, thread })
    }

    fn stop(self) {
        // The command is sent by the call itself; the future only waits for its end.
        drop(self.control.stop(false));
        drop(self.thread.join());
    }
}

fn build(listener: TcpListener, handle: SandboxHandle) -> io::Result<actix_web::dev::Server> {
    let data = Data::new(handle);
    let app = move || {
        App::new()
            .app_data(data.clone())
            .app_data(PayloadConfig::new(MAX_BODY_BYTES))
            .default_service(web::to(serve))
    };
    let server = HttpServer::new(app)
        .workers(2)
        .on_connect(remember_socket)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(60))
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// A second hold on the connection's socket, by which a fault can close it.
struct Socket(TcpStream);

#[cfg(unix)]
fn remember_socket(connection: &dyn Any, extensions: &mut Extensions) {
    use std::os::fd::AsFd;
    let Some(stream) = connection.downcast_ref::<rt::net::TcpStream>() else {
        return;
    };
    if let Ok(socket) = stream.as_fd().try_clone_to_owned() {
        extensions.insert(Socket(TcpStream::from(socket)));
    }
}

#[cfg(not(unix))]
fn remember_socket(connection: &dyn Any, extensions: &mut Extensions) {
    use std::os::windows::io::AsSocket;
    let Some(stream) = connection.downcast_ref::<rt::net::TcpStream>() else {
        return;
    };
    if let Ok(socket) = stream.as_socket().try_clone_to_owned() {
        extensions.insert(Socket(TcpStream::from(socket)));
    }
}

async fn serve(http: HttpRequest, body: Bytes, handle: Data<SandboxHandle>) -> HttpResponse {
    let mut request = Request::read(&http, body);
    if request.part(0) == "sites" {
        handle.with(|state| request.enter_site(|slug| state.world.cloud_id(slug)));
    }
    // A task of its own goes on when the caller hangs up, as a real server does: a request that
    // was given up may still be carried out later.
    let answering = rt::spawn(work(request, handle.as_ref().clone()));
    match answering.await {
        Ok(Some(answer)) => respond(answer),
        Ok(None) | Err(_) => hang_up(&http),
    }
}

/// Carries a request out and gives what is left of the answer; none closes the connection.
async fn work(request: Request, handle: SandboxHandle) -> Option<Answer> {
    let arrival = handle.with(|state| state.arrive(&request));
    let (before, after) = waits(&arrival);
    pause(before).await;
    if let Some(Effect::ActLater { .. }) = arrival.fault {
        put_off(&request, &arrival, &handle);
    }
    let acts = arrival.fault.as_ref().is_none_or(Effect::acts);
    let answer = acts.then(|| handle.with(|state| state.answer(&request, &arrival)));
    let acted = answer.as_ref().map_or_else(Acted::default, Acted::of);
    pause(after + arrival.latency_per_issue * acted.created).await;
    let answer = distort(&arrival, answer);
    handle.with(|state| state.leave(arrival, answer.as_ref(), &acted));
    answer
}

/// Lets a request be carried out later, whatever becomes of its caller.
fn put_off(request: &Request, arrival: &Arrival, handle: &SandboxHandle) {
    let Some(Effect::ActLater {
        ms, ms_per_issue, ..
    }) = arrival.fault
    else {
        return;
    };
    let late = arrival.late();
    let parts = match ms_per_issue {
        0 => vec![request.clone()],
        _ => late::one_by_one(request),
    };
    let handle = handle.clone();
    handle.with(|state| state.chaos.pending_late += 1);
    rt::spawn(async move {
        pause(Duration::from_millis(ms)).await;
        for (at, part) in parts.iter().enumerate() {
            handle.with(|state| state.act_late(part, &late, at > 0));
            pause(Duration::from_millis(ms_per_issue)).await;
        }
        handle.with(|state| state.chaos.pending_late -= 1);
    });
}

async fn pause(length: Duration) {
    if !length.is_zero() {
        sleep(length).await;
    }
}

/// Splits the latency, so that a caller who gives up cannot know whether it was acted on.
fn waits(arrival: &Arrival) -> (Duration, Duration) {
    let before = arrival.latency / 2;
    let after = arrival.latency - before;
    match arrival.fault {
        Some(Effect::DelayBefore { ms }) => (before + Duration::from_millis(ms), after),
        Some(Effect::DelayAfter { ms }) => (before, after + Duration::from_millis(ms)),
        _ => (before, after),
    }
}

/// Turns the true answer into what the fault lets through; none closes the connection.
fn distort(arrival: &Arrival, answer: Option<Answer>) -> Option<Answer> {
    match arrival.fault.as_ref() {
        Some(Effect::DropBefore | Effect::DropAfter) => None,
        Some(Effect::ActLater { status, .. }) => status.map(html_error),
        Some(Effect::Answer {
            status,
            headers,
            body,
            ..
        }) => {
            let mut replaced = match body {
                Value::Null => Answer::empty(*status),
                body => Answer::json(*status, body),
            };
            replaced.headers.clone_from(headers);
            Some(replaced)
        }
        Some(Effect::RateLimited {
            reason,
            retry_after_seconds,
        }) => Some(limits::refusal(
            *reason,
            None,
            *retry_after_seconds,
            arrival.at,
        )),
        Some(Effect::Html { status, .. }) => Some(html_error(*status)),
        Some(Effect::Cut) => answer.map(|answer| Answer {
            cut: true,
            ..answer
        }),
        Some(Effect::Empty) => answer.map(|answer| Answer {
            body: Vec::new(),
            ..answer
        }),
        Some(Effect::Truncated) => answer.map(|mut answer| {
            answer.body.truncate(answer.body.len() / 2);
            answer
        }),
        _ => answer,
    }
}

fn respond(answer: Answer) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(answer.status);
    let status = status.unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if !answer.content_type.is_empty() {
        response.content_type(answer.content_type);
    }
    for (name, value) in answer.headers {
        response.append_header((name, value));
    }
    if answer.cut {
        return response.body(late::cut(answer.body));
    }
    response.body(answer.body)
}

/// Closes the connection; the response that actix still wants goes nowhere.
fn hang_up(http: &HttpRequest) -> HttpResponse {
    if let Some(Socket(socket)) = http.conn_data::<Socket>() {
        // A caller that has already gone leaves nothing to close.
        drop(socket.shutdown(Shutdown::Both));
    }
    HttpResponse::InternalServerError().force_close().finish()
}
