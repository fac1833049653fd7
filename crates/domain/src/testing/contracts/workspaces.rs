//! The promises of [`WorkspaceDirectory`](crate::workspace::ports::WorkspaceDirectory).

use futures_util::future::join;
use time::OffsetDateTime;

use super::Ports;
use super::world::{START, World, at, ok, page};
use crate::shared::ids::{UserId, WorkspaceId};
use crate::workspace::model::{Actor, Role, User, Workspace, WorkspaceAccess};
use crate::workspace::ports::MemberOutcome;

pub mod tokens;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    a_workspace_is_made_once(ports).await;
    workspaces_are_listed_in_the_order_of_their_ids(ports).await;
    members_have_access_and_nobody_else(ports).await;
    features_are_switched_and_listed_in_alphabetical_order(ports).await;
    a_subject_is_one_user(ports).await;
    members_are_listed_in_pages_and_change_their_roles(ports).await;
    the_last_owner_stays(ports).await;
    two_owners_cannot_remove_each_other_at_once(ports).await;
    tokens::check(ports).await;
}

/// A workspace is made with its owner and features; where the id is taken nothing happens, and that is said.
pub async fn a_workspace_is_made_once(ports: &Ports) {
    let workspace = World::unwritten_workspace(ports);
    let owner = ok(ports.workspaces.ensure_user(&World::user(ports)).await).id;
    let stranger = ok(ports.workspaces.ensure_user(&World::user(ports)).await).id;
    let create = |name: &str, owner, features: &'static [&'static str]| {
        let workspace = Workspace {
            name: name.to_owned(),
            ..workspace.clone()
        };
        async move {
            ok(ports
                .workspaces
                .create_workspace(&workspace, owner, features)
                .await)
        }
    };

    let first = create("First", Some(owner), &["b", "a"]).await;
    let second = create("Second", Some(stranger), &["c"]).await;

    let stored = Workspace {
        name: "First".to_owned(),
        ..workspace
    };
    let id = stored.id;
    assert_eq!((first, second), (true, false));
    assert_eq!(
        ok(ports.workspaces.find_workspace(id).await),
        Some(stored.clone())
    );
    let features = vec!["a".to_owned(), "b".to_owned()];
    let expected = WorkspaceAccess {
        workspace: stored,
        role: Role::Owner,
        features,
    };
    assert_eq!(
        access(ports, Actor::User(owner), id, START).await,
        Some(expected)
    );
    assert_eq!(access(ports, Actor::User(stranger), id, START).await, None);
    assert_eq!(
        ok(ports.workspaces.find_workspace(ports.ids.next()).await),
        None
    );
    let ownerless = World::unwritten_workspace(ports);
    assert!(ok(ports
        .workspaces
        .create_workspace(&ownerless, None, &[])
        .await));
    let members = ok(ports
        .workspaces
        .list_members(ownerless.id, page(50, None))
        .await);
    assert_eq!(members.items, []);
}

async fn access(
    ports: &Ports,
    actor: Actor,
    workspace: WorkspaceId,
    now: OffsetDateTime,
) -> Option<WorkspaceAccess> {
    ok(ports.workspaces.access(actor, workspace, now).await)
}

/// Operators see all workspaces by the order of their ids, page by page.
pub async fn workspaces_are_listed_in_the_order_of_their_ids(ports: &Ports) {
    let before = World::new(ports).await.workspace;
    let mine = [
        World::new(ports).await.workspace,
        World::new(ports).await.workspace,
    ];

    let mut listed: Vec<WorkspaceId> = Vec::new();
    let mut after = Some(before.as_uuid());
    while after.is_some() {
        let found = ok(ports.workspaces.list_workspaces(page(1, after)).await);
        assert!(found.items.len() <= 1);
        listed.extend(found.items.iter().map(|workspace| workspace.id));
        after = found.next;
    }

    assert!(listed.is_sorted());
    assert!(!listed.contains(&before));
    assert!(mine.iter().all(|id| listed.contains(id)));
}

/// A person may do in a workspace what their role says; strangers and the system belong to none.
pub async fn members_have_access_and_nobody_else(ports: &Ports) {
    let first = World::new(ports).await;
    let second = World::new(ports).await;
    let other = World::new(ports).await;
    ok(ports
        .workspaces
        .put_member(second.workspace, first.user, Role::Member, START)
        .await);

    let mine = ok(ports.workspaces.workspaces_of(first.actor).await);
    let stranger = Actor::User(first.stranger().await);

    let summary: Vec<_> = mine
        .iter()
        .map(|access| (access.workspace.id, access.role))
        .collect();
    assert_eq!(
        summary,
        [
            (first.workspace, Role::Owner),
            (second.workspace, Role::Member)
        ]
    );
    let one = access(ports, first.actor, second.workspace, START).await;
    assert_eq!(one.as_ref(), mine.last());
    assert_eq!(
        access(ports, first.actor, other.workspace, START).await,
        None
    );
    assert_eq!(access(ports, stranger, first.workspace, START).await, None);
    assert_eq!(
        access(ports, first.actor, ports.ids.next(), START).await,
        None
    );
    assert_eq!(ok(ports.workspaces.workspaces_of(stranger).await), []);
    assert_eq!(ok(ports.workspaces.workspaces_of(Actor::System).await), []);
}

/// A feature is on or off, however often it is switched, and only in its workspace.
pub async fn features_are_switched_and_listed_in_alphabetical_order(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let switch = async |feature, on| {
        ok(ports
            .workspaces
            .set_feature(world.workspace, feature, on)
            .await);
    };
    let features = async |world: &World<'_>| {
        let found = access(ports, world.actor, world.workspace, START).await;
        found.map(|access| access.features).unwrap_or_default()
    };

    switch("zebra", true).await;
    switch("apple", true).await;
    switch("apple", true).await;
    assert_eq!(
        features(&world).await,
        ["apple", "has_integrations", "zebra"]
    );

    switch("has_integrations", false).await;
    switch("has_integrations", false).await;
    switch("never_on", false).await;
    assert_eq!(features(&world).await, ["apple", "zebra"]);
    assert_eq!(features(&other).await, ["has_integrations"]);
}

/// The first sight of a subject makes the user; everybody else gets that one, also at the same moment.
pub async fn a_subject_is_one_user(ports: &Ports) {
    let first = World::user(ports);
    let again = User {
        id: ports.ids.next(),
        created_at: at(60),
        ..first.clone()
    };

    let at_once = join(
        ports.workspaces.ensure_user(&first),
        ports.workspaces.ensure_user(&again),
    )
    .await;
    let later = ok(ports.workspaces.ensure_user(&again).await);
    let other = ok(ports.workspaces.ensure_user(&World::user(ports)).await);

    let user = ok(at_once.0);
    assert!(user == first || user == again);
    assert_eq!(ok(at_once.1), user);
    assert_eq!(later, user);
    assert_ne!(other.id, user.id);
}

/// Members are listed by the order of their ids, page by page; a role is changed by putting it again.
pub async fn members_are_listed_in_pages_and_change_their_roles(ports: &Ports) {
    let world = World::new(ports).await;
    let (first, second) = (
        world.add_member(Role::Member).await,
        world.add_member(Role::Admin).await,
    );
    let put = |user, role| {
        ports
            .workspaces
            .put_member(world.workspace, user, role, at(60))
    };

    assert_eq!(ok(put(first, Role::Admin).await), MemberOutcome::Done);
    assert_eq!(ok(put(first, Role::Admin).await), MemberOutcome::Done);
    let one = ok(ports
        .workspaces
        .list_members(world.workspace, page(2, None))
        .await);
    let two = ok(ports
        .workspaces
        .list_members(world.workspace, page(2, one.next))
        .await);
    let all: Vec<_> = one.items.iter().chain(&two.items).collect();

    let roles: Vec<_> = all
        .iter()
        .map(|member| (member.user.id, member.role))
        .collect();
    assert_eq!(one.items.len(), 2);
    assert_eq!(two.next, None);
    assert_eq!(
        roles,
        [
            (world.user, Role::Owner),
            (first, Role::Admin),
            (second, Role::Admin)
        ]
    );
    assert!(
        all.iter()
            .all(|member| member.user.subject.starts_with("subject-"))
    );

    let remove = |user| ports.workspaces.remove_member(world.workspace, user);
    assert_eq!(ok(remove(first).await), MemberOutcome::Done);
    assert_eq!(ok(remove(first).await), MemberOutcome::NotFound);
    assert_eq!(
        access(ports, Actor::User(first), world.workspace, START).await,
        None
    );
}

/// The last owner is neither removed nor given a lower role; with a second owner both can be done.
pub async fn the_last_owner_stays(ports: &Ports) {
    let world = World::new(ports).await;
    let second = world.add_member(Role::Admin).await;
    let put = |user, role| {
        ports
            .workspaces
            .put_member(world.workspace, user, role, at(60))
    };
    let remove = |user| ports.workspaces.remove_member(world.workspace, user);

    assert_eq!(ok(remove(world.user).await), MemberOutcome::LastOwner);
    assert_eq!(
        ok(put(world.user, Role::Admin).await),
        MemberOutcome::LastOwner
    );
    assert_eq!(ok(put(world.user, Role::Owner).await), MemberOutcome::Done);
    assert!(
        access(ports, world.actor, world.workspace, START)
            .await
            .is_some()
    );

    assert_eq!(ok(put(second, Role::Owner).await), MemberOutcome::Done);
    assert_eq!(ok(put(world.user, Role::Member).await), MemberOutcome::Done);
    assert_eq!(ok(remove(second).await), MemberOutcome::LastOwner);
    assert_eq!(ok(remove(world.user).await), MemberOutcome::Done);
}

/// When two owners remove each other at the same moment, one of them stays.
pub async fn two_owners_cannot_remove_each_other_at_once(ports: &Ports) {
    let world = World::new(ports).await;
    let second = world.add_member(Role::Owner).await;
    let remove = |user: UserId| ports.workspaces.remove_member(world.workspace, user);

    let outcomes = join(remove(world.user), remove(second)).await;

    let outcomes = (ok(outcomes.0), ok(outcomes.1));
    let expected = [
        (MemberOutcome::Done, MemberOutcome::LastOwner),
        (MemberOutcome::LastOwner, MemberOutcome::Done),
    ];
    assert!(expected.contains(&outcomes), "{outcomes:?}");
}
