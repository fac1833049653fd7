//! Workspaces, roles, owners and features.

use handoff_domain::audit::model::AuditAction;
use handoff_domain::shared::ids::{UserId, WorkspaceId};
use handoff_domain::workspace::error::WorkspaceError;
use handoff_domain::workspace::model::{Actor, HAS_INTEGRATIONS, Role};

use crate::world::World;

fn user(actor: Actor) -> UserId {
    match actor {
        Actor::User(id) => id,
        _ => panic!("a person is a user"),
    }
}

async fn put(
    world: &World,
    actor: Actor,
    actor_role: Role,
    subject: &str,
    role: Role,
) -> Result<(), WorkspaceError> {
    let put = world
        .workspaces
        .put_member(actor, actor_role, world.workspace, subject, role);
    put.await.map(|_| ())
}

async fn remove(
    world: &World,
    actor: Actor,
    actor_role: Role,
    member: Actor,
) -> Result<(), WorkspaceError> {
    let removed = world
        .workspaces
        .remove_member(actor, actor_role, world.workspace, user(member));
    removed.await
}

async fn role(world: &World, actor: Actor) -> Option<Role> {
    let access = world
        .workspaces
        .require(actor, world.workspace, Role::Member)
        .await;
    access.ok().map(|access| access.role)
}

#[tokio::test]
async fn whoever_makes_a_workspace_owns_it_and_integrations_are_on() {
    let world = World::new().await;
    let mine = world.workspaces.workspaces_of(world.owner).await.unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].role, Role::Owner);
    assert!(mine[0].has_feature(HAS_INTEGRATIONS));
    let access = world
        .workspaces
        .require_integrations(world.owner, world.workspace, Role::Owner)
        .await;
    assert!(access.is_ok());
}

#[tokio::test]
async fn a_name_has_one_to_two_hundred_characters_and_an_id_is_taken_once() {
    let world = World::new().await;
    let create = |name: &str, id| {
        let name = name.to_owned();
        let world = &world;
        async move { world.workspaces.create(world.owner, &name, id).await }
    };
    for name in ["", "  ", &"x".repeat(201)] {
        let refused = create(name, None).await;
        assert!(matches!(refused, Err(WorkspaceError::Invalid(_))));
    }
    let id: WorkspaceId = world.ids.next();
    assert_eq!(create("Mine", Some(id)).await.unwrap().id, id);
    let taken = create("Again", Some(id)).await;
    assert!(matches!(taken, Err(WorkspaceError::Invalid(_))));
}

#[tokio::test]
async fn a_role_allows_what_is_below_it_and_nothing_above() {
    let world = World::new().await;
    for (mine, least, allowed) in [
        (Role::Member, Role::Member, true),
        (Role::Member, Role::Admin, false),
        (Role::Admin, Role::Admin, true),
        (Role::Admin, Role::Owner, false),
        (Role::Owner, Role::Admin, true),
    ] {
        let person = world.person(&format!("{mine:?}-{least:?}"), mine).await;
        let access = world
            .workspaces
            .require(person, world.workspace, least)
            .await;
        assert_eq!(access.is_ok(), allowed, "{mine:?} as {least:?}");
    }
}

#[tokio::test]
async fn a_stranger_is_forbidden_whether_the_workspace_exists_or_not() {
    let world = World::new().await;
    let stranger = world.workspaces.user("stranger").await.unwrap();
    let stranger = Actor::User(stranger.id);
    for workspace in [world.workspace, world.ids.next()] {
        let access = world
            .workspaces
            .require(stranger, workspace, Role::Member)
            .await;
        assert!(matches!(access, Err(WorkspaceError::Forbidden)));
    }
    let none = world.workspaces.workspaces_of(stranger).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn the_same_subject_is_the_same_person_also_at_the_same_moment() {
    let world = World::new().await;
    let (first, second) =
        futures_util::future::join(world.workspaces.user("ada"), world.workspaces.user("ada"))
            .await;
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn an_admin_keeps_members_but_makes_changes_and_removes_no_owner() {
    let world = World::new().await;
    let admin = world.person("ada", Role::Admin).await;
    assert!(
        put(&world, admin, Role::Admin, "bob", Role::Admin)
            .await
            .is_ok()
    );
    let bob = world.person("bob", Role::Member).await;
    assert!(remove(&world, admin, Role::Admin, bob).await.is_ok());
    assert_eq!(role(&world, bob).await, None);

    let made = put(&world, admin, Role::Admin, "ada", Role::Owner).await;
    assert!(matches!(made, Err(WorkspaceError::Forbidden)));
    let changed = put(&world, admin, Role::Admin, "olga", Role::Member).await;
    assert!(matches!(changed, Err(WorkspaceError::Forbidden)));
    let removed = remove(&world, admin, Role::Admin, world.owner).await;
    assert!(matches!(removed, Err(WorkspaceError::Forbidden)));
    assert_eq!(role(&world, admin).await, Some(Role::Admin));
    assert_eq!(role(&world, world.owner).await, Some(Role::Owner));
}

#[tokio::test]
async fn a_workspace_keeps_at_least_one_owner() {
    let world = World::new().await;
    let demoted = put(&world, world.owner, Role::Owner, "olga", Role::Admin).await;
    assert!(matches!(demoted, Err(WorkspaceError::Invalid(_))));
    let left = remove(&world, world.owner, Role::Owner, world.owner).await;
    assert!(matches!(left, Err(WorkspaceError::Invalid(_))));
    assert_eq!(role(&world, world.owner).await, Some(Role::Owner));

    world.person("ada", Role::Owner).await;
    assert!(
        remove(&world, world.owner, Role::Owner, world.owner)
            .await
            .is_ok()
    );
    assert_eq!(role(&world, world.owner).await, None);
}

#[tokio::test]
async fn changes_of_members_are_audited() {
    let world = World::new().await;
    let ada = world.person("ada", Role::Admin).await;
    remove(&world, world.owner, Role::Owner, ada).await.unwrap();
    let again = remove(&world, world.owner, Role::Owner, ada).await;
    assert!(matches!(again, Err(WorkspaceError::MemberNotFound)));
    for action in [AuditAction::MemberPut, AuditAction::MemberRemoved] {
        let entries = world.audited(action);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].actor, world.owner);
        assert_eq!(entries[0].workspace_id, Some(world.workspace));
        assert_eq!(entries[0].subject, ada.to_string());
    }
}

#[tokio::test]
async fn a_feature_that_is_off_gates_integrations_and_nothing_else() {
    let world = World::new().await;
    let set = |workspace, feature: &'static str, on| {
        world
            .workspaces
            .set_feature(Actor::System, workspace, feature, on)
    };
    set(world.workspace, HAS_INTEGRATIONS, false).await.unwrap();
    let gated = world
        .workspaces
        .require_integrations(world.owner, world.workspace, Role::Member)
        .await;
    assert!(matches!(gated, Err(WorkspaceError::FeatureNotEnabled)));
    let stranger = world.workspaces.user("stranger").await.unwrap();
    let gated = world
        .workspaces
        .require_integrations(Actor::User(stranger.id), world.workspace, Role::Member)
        .await;
    assert!(
        matches!(gated, Err(WorkspaceError::Forbidden)),
        "strangers learn nothing"
    );
    assert_eq!(role(&world, world.owner).await, Some(Role::Owner));
    set(world.workspace, HAS_INTEGRATIONS, true).await.unwrap();
    let access = world
        .workspaces
        .require_integrations(world.owner, world.workspace, Role::Member)
        .await;
    assert!(access.is_ok());
    let unknown = set(world.ids.next(), HAS_INTEGRATIONS, true).await;
    assert!(matches!(unknown, Err(WorkspaceError::NotFound)));
    let bad = set(world.workspace, "Has Integrations", true).await;
    assert!(matches!(bad, Err(WorkspaceError::Invalid(_))));
}
