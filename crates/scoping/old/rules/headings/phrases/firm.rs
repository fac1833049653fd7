//! Phrases that decide wherever they stand.

use super::{At, Entry};
use handoff_domain::document::model::BlockType;
use crate::rules::headings::Role::{self, Aside, Criteria, Never, Quality};
use crate::rules::headings::{Weak, Work};

/// Phrases that decide wherever they stand.
pub(in crate::rules::headings) const FIRM: &[Entry] = &[
    (
        At::Any,
        "out of scope, non goals, non goal, nongoals, not in scope, wont have, will not have, \
         wont haves, wont do, wont fix, not doing, exclusions, anti goals, explicitly not, \
         explicitly out, not included, excluded, not planned, rejected, parking lot, icebox, \
         deferred, postponed, non objectives, what we are not, what this is not, fuera de \
         alcance, hors perimetre, fora de escopo, out of v1, not in v1, not in mvp, will not \
         do, we will not",
        Never(BlockType::NonGoal),
    ),
    (
        At::Any,
        "user stories and acceptance criteria, user stories with acceptance criteria, stories \
         and acceptance criteria, user stories and acceptance",
        Role::Work(Work::Stories),
    ),
    (
        At::Any,
        "requirements and acceptance criteria, functional requirements and acceptance, \
         requirements with acceptance criteria",
        Role::Work(Work::Requirements),
    ),
    (
        At::Any,
        "acceptance criteria, acceptance criterion, acceptance scenarios, acceptance \
         scenario, acceptance tests, acceptance test, definition of done, definition of \
         ready, done when, conditions of satisfaction, exit criteria, completion criteria, \
         acceptance checklist, acceptance conditions, acceptance evidence, criterios de \
         aceptacion, criterios de aceite, criterios de aceitacao, definicao de pronto, \
         definicion de hecho, criteres d acceptation, criteres dacceptation, \
         akzeptanzkriterien, criteri di accettazione, verification criteria",
        Criteria,
    ),
    (
        At::Whole,
        "ac, acs, acceptance, dod, criteria, scenarios, ears criteria, done criteria, \
         completion checklist",
        Criteria,
    ),
    (
        At::Any,
        "success criteria, success metrics, success metric, success measures, success \
         indicators, kpis, kpi, metrics, measurable outcomes, okrs, how we measure, measuring \
         success, launch criteria, what success looks like, metricas de exito, metricas de \
         sucesso, metricas, indicadores, criterios de exito, criterios de sucesso, \
         erfolgskriterien, indicateurs de succes, metas",
        Aside(BlockType::Metrics),
    ),
    (
        At::Any,
        "changelog, change log, release notes, whats new, revision history, document history, \
         version history, change history, edit history, glossary, terminology, abbreviations, \
         acronyms, table of contents, bibliography, further reading, related documents, see \
         also, traceability, document conventions, sign off, document control, \
         acknowledgements, acknowledgments, already implemented, already done, already built, \
         recently completed, what works, decision log, open source licenses, spec references, \
         file list, change record, dev agent record, debug log, completion notes, session \
         decisions, recent decisions, story breakdown, priority levels, priority level, \
         priority legend, priority definitions, status legend, effort key, status key, \
         glosario, glossario, rastreabilidade, trazabilidad, related frs, requirements \
         coverage, coverage map, fr coverage, related issues, completed tasks, lessons \
         learned, resolved questions, requirements coverage, requirement coverage, currently \
         implemented, backlog governance, backlog process, backlog rules, backlog management, \
         meeting notes, justification, standup, retrospective, kickoff, test data, story map, \
         definitions and acronyms, guidelines, best practices, pitfalls, common mistakes, \
         writing tips, framework reference",
        Never(BlockType::Note),
    ),
    (
        At::Whole,
        "done, completed, complete, finished, shipped, resolved, closed, archive, archived, \
         history, contents, toc, references, reference, links, resources, appendix, \
         appendices, definitions, legend, license, licence, credits, authors, contributors, \
         faq, examples, example, template, sample, conventions, approvals, approval, \
         stakeholders, implemented, delivered, fixed bugs, contributing, contact, support, \
         decisions, key decisions, notes, note, log, attendees, participants, agenda, \
         installation, install, usage, getting started, prerequisites, quick start, \
         quickstart, setup, how to use, how to run, running tests, built with, demo, \
         screenshots, story points, priorities, cancelled, wins, key learnings, learnings, \
         formato, format, notas, referencias, how to contribute, preview, live demo, \
         highlights",
        Never(BlockType::Note),
    ),
    (
        At::Edge,
        "examples, example, template, appendix, references",
        Never(BlockType::Note),
    ),
    (
        At::Any,
        "non functional, nonfunctional, quality attributes, quality requirements, nfr, nfrs, \
         no funcionales, nao funcionais, nichtfunktionale, non fonctionnelles",
        Quality,
    ),
    (
        At::Any,
        "technical requirements, hardware requirements, performance requirements, security \
         requirements, testing requirements, documentation requirements, design requirements, \
         compliance requirements, usability requirements, accessibility requirements, \
         reliability requirements, scalability requirements, environment requirements, \
         infrastructure requirements, interface requirements, legal requirements, regulatory \
         requirements, browser requirements, operational requirements, external interface, \
         technology requirements, data requirements, deployment requirements, quality and \
         performance, resource requirements, platform requirements",
        Quality,
    ),
    (
        At::Any,
        "open questions, open question, questions, unknowns, open issues, open points, to be \
         decided, clarifications, preguntas abiertas, decisions needed, perguntas",
        Aside(BlockType::OpenQuestion),
    ),
    (
        At::Any,
        "risks, assumptions, constraints, mitigations, risk mitigation, risk assessment, risk \
         register, risk analysis, limitations, riesgos, riscos, dependencies, risk \
         management, trade offs, threat model, restricciones, suposiciones, supuestos, \
         premissas, dependencias",
        Aside(BlockType::Risk),
    ),
    (
        At::Whole,
        "risk, assumption, blockers, problems, mitigation, concerns, constraint",
        Aside(BlockType::Risk),
    ),
    (
        At::Any,
        "future work, future enhancements, future enhancement, future improvements, future \
         considerations, future features, future plans, future ideas, future scope, future \
         releases, later phases, stretch goals, stretch goal, possible improvements, possible \
         enhancements, post mvp, future directions, future possibilities, long term vision, \
         potential improvements, ideas for later, future extensions, future requirements, \
         future iterations, future development, future roadmap, post launch, mejoras futuras, \
         melhorias futuras, future phases, future opportunities, future versions",
        Role::Weak(Weak::Future),
    ),
    (
        At::Whole,
        "future, ideas, later, someday, stretch, wishlist, wish list, future phase, \
         brainstorm, beyond v1, maybe",
        Role::Weak(Weak::Future),
    ),
    (
        At::Any,
        "personas, user persona, target users, target user, target audience, user types, user \
         roles, user profiles, customer segments, who is this for, user segments, primary \
         persona, secondary persona, target market, ideal customer, primary users, secondary \
         users, user classes, publico alvo, usuarios objetivo",
        Aside(BlockType::Persona),
    ),
    (
        At::Whole,
        "persona, users, actors, audience, roles, who, customers, actores, atores",
        Aside(BlockType::Persona),
    ),
    (
        At::Any,
        "user stories, user story, user scenarios, job stories, historias de usuario, \
         historia de usuario, recits utilisateur, use stories",
        Role::Work(Work::Stories),
    ),
    (
        At::Whole,
        "stories, story, narrative, epics and stories, stories and tasks, epics and user \
         stories",
        Role::Work(Work::Stories),
    ),
    (At::Edge, "stories", Role::Work(Work::Stories)),
    (
        At::Any,
        "functional requirements, functional requirement, product requirements, business \
         requirements, user requirements, feature requirements, detailed requirements, \
         specific requirements, key requirements, core requirements, requirements list, \
         requerimientos funcionales, requisitos funcionales, requisitos funcionais, exigences \
         fonctionnelles, funktionale anforderungen, ears requirements, functional \
         specifications, functional specification, requirement list, software requirements \
         list",
        Role::Work(Work::Requirements),
    ),
    (
        At::Any,
        "todo, todos, to do, to dos, action items, action item, action points, open action \
         items, task list, next steps, work items, work breakdown, implementation tasks, \
         development tasks, engineering tasks, remaining tasks, tasks breakdown, task \
         breakdown, remaining work, things to do, technical debt, tech debt, planned \
         features, upcoming features, open tasks, next action, next actions, follow ups, \
         follow up, outstanding work, missing features, tasks to complete, pending tasks, \
         still to do, requested features, feature requests, planned improvements, planned \
         enhancements, planned work, proximos pasos, proximos passos, prochaines etapes, \
         nachste schritte, remaining items, features to add, features to implement, to be \
         implemented, not yet implemented, needs work, improvements needed",
        Role::Work(Work::Tasks),
    ),
    (At::Edge, "tasks", Role::Work(Work::Tasks)),
    (
        At::Whole,
        "tareas, tarefas, aufgaben, lista de tareas, task, actions, subtasks, sub tasks, in \
         progress, pending, outstanding, up next, next, improvements, enhancements, \
         refactoring, chores, planned, upcoming, now, missing, work, tickets, open, not \
         started, ready, doing, to fix, not implemented, not implemented yet, acciones, \
         follow on, cleanup, short term, medium term, long term, near term, mid term",
        Role::Work(Work::Tasks),
    ),
    (
        At::Any,
        "known issues, known bugs, bug list, bugs to fix, open bugs, bug reports, bug \
         backlog, fixes needed, bugs and issues, known defects, issues to fix, known problems",
        Role::Work(Work::Bugs),
    ),
    (
        At::Whole,
        "bugs, defects, issues, fixes, bug fixes, bugfixes, errors to fix, critical issues",
        Role::Work(Work::Bugs),
    ),
    (At::Edge, "bugs", Role::Work(Work::Bugs)),
    (
        At::Any,
        "backlog, sprint backlog, product backlog",
        Role::Work(Work::Backlog),
    ),
    (At::Edge, "epics", Role::Work(Work::Epics)),
    (
        At::Any,
        "key features, core features, feature list, main features, mvp features, product \
         features, feature set, core functionality, key functionality, main functionality, \
         key capabilities, core capabilities, system features, features and requirements, \
         proposed features, feature overview, feature breakdown, feature specifications, \
         detailed features, essential features, feature details, functional overview",
        Role::Work(Work::Features),
    ),
    (
        At::Whole,
        "functionality, functionalities, capabilities, feature, proposed changes, what \
         changes, funcionalidades",
        Role::Work(Work::Features),
    ),
    (At::Edge, "features", Role::Work(Work::Features)),
    (
        At::Whole,
        "requirements, requirement, requisitos, requerimientos, anforderungen, exigences, \
         requirements and acceptance, must haves, detailed spec, project requirements, app \
         requirements",
        Role::Work(Work::Requirements),
    ),
    (
        At::Any,
        "implementation plan, implementation phases, implementation strategy, implementation \
         steps, implementation roadmap, migration plan, development plan, development phases, \
         phased implementation, project plan, work plan, action plan, execution plan, \
         delivery plan, build plan, sprint plan, development roadmap, plan of action, phased \
         rollout, rollout plan, implementation order, build order, sprint planning, phased \
         plan, plan de implementacion",
        Role::Weak(Weak::Plan),
    ),
    (
        At::Whole,
        "plan, phases, the plan, implementation, sprints, deliverables",
        Role::Weak(Weak::Plan),
    ),
    (
        At::Any,
        "roadmap futuro, proximas versoes, proximas versiones, trabajo futuro, trabalhos \
         futuros, futuras mejoras",
        Role::Weak(Weak::Future),
    ),
    (At::Any, "roadmap, hoja de ruta", Role::Weak(Weak::Roadmap)),
    (
        At::Any,
        "checklist, check list",
        Role::Weak(Weak::Checklist),
    ),
    (
        At::Any,
        "use cases, use case, casos de uso",
        Role::Weak(Weak::UseCases),
    ),
    (
        At::Any,
        "recommendations, recommended actions, suggested improvements, suggestions, \
         recomendaciones, recommended changes",
        Role::Weak(Weak::Recommendations),
    ),
    (
        At::Any,
        "in scope, project scope, mvp scope, scope of work, scope of the mvp, feature scope, \
         v1 scope, product scope",
        Role::Weak(Weak::Scope),
    ),
    (
        At::Whole,
        "scope, mvp, minimum viable product, mvp definition, v1, scope and features, alcance, \
         escopo",
        Role::Weak(Weak::Scope),
    ),
    (
        At::Any,
        "timeline, milestones, milestone, release plan, release planning, launch plan, go to \
         market, schedule, critical path, gantt, key dates, rollout, effort estimates, \
         estimates summary, release criteria, release strategy, deadlines, time estimates, \
         deployment plan, rollback plan, budget, cronograma, dependency order, release \
         schedule, effort summary, execution order",
        Aside(BlockType::Timeline),
    ),
    (
        At::Any,
        "problem statement, executive summary, market analysis, competitive analysis, \
         competitive landscape, current state, pain points, current challenges, current \
         situation, market opportunity, problem definition, document information, product \
         overview, project overview, about this document, current limitations, business \
         context, business case, basic information, general information, feature information, \
         project information, document info, meta information, story details",
        Aside(BlockType::Problem),
    ),
    (
        At::Edge,
        "problem, background, introduction, motivation, overview, executive summary, summary, \
         purpose, rationale, abstract, tldr, tl dr, about, problem and audience",
        Aside(BlockType::Problem),
    ),
    (
        At::Whole,
        "objetivo, objetivos, objectif, objectifs, ziel, ziele, obiettivi, obiettivo, meta, \
         vision general del producto",
        Aside(BlockType::Goal),
    ),
    (
        At::Whole,
        "visao geral, vision general, descripcion, descricao, introduccion, introducao, \
         resumen, resumo, contexto, antecedentes, problema, contexte, presentation, \
         einleitung, uberblick, hintergrund, zusammenfassung, introduzione, panoramica, vue d \
         ensemble, proposito, justificacion, justificativa, descripcion general, descricao \
         geral",
        Aside(BlockType::Problem),
    ),
    (
        At::Whole,
        "restricoes, riesgos y mitigaciones, risiken, annahmen, risques, contraintes, \
         hypotheses, abhangigkeiten",
        Aside(BlockType::Risk),
    ),
    (
        At::Any,
        "value proposition, desired outcome, desired outcomes, north star, guiding \
         principles, design principles, business value, business goals, product vision, \
         sprint goal, project goal, main goal, release goal, primary goal, business goal, \
         primary goals, core goal",
        Aside(BlockType::Goal),
    ),
    (
        At::Whole,
        "goals, goal, objectives, objective, vision, mission, principles, benefits, goals and \
         objectives, objetivos, outcome, outcomes",
        Aside(BlockType::Goal),
    ),
    (At::Edge, "goals, objectives", Aside(BlockType::Goal)),
    (
        At::Any,
        "edge cases, key entities, data model, data models, database schema, file structure, \
         project structure, directory structure, folder structure, technical design, \
         technical implementation, tech stack, technology stack, technical stack, system \
         architecture, technical architecture, implementation details, implementation notes, \
         technical notes, technical considerations, technical details, technical approach, \
         technical context, technical specifications, design decisions, alternatives \
         considered, user flow, user flows, user journey, user journeys, data flow, how it \
         works, information architecture, environment variables, security considerations, \
         design considerations, api design, api endpoints, api specifications, api \
         specification, domain model, dev notes, developer notes, color palette, wireframes, \
         mockups, entity relation, error codes, branching strategy, user experience, data \
         structures, entry points, integrations and services, main flow, alternative flows, \
         existing code, notas tecnicas, related files",
        Aside(BlockType::Solution),
    ),
    (
        At::Any,
        "test plan, test strategy, test cases, testing strategy, manual testing, test \
         scenarios, test results, validation plan, verification plan, quality assurance, \
         testing plan, stakeholder analysis, team assignment, team structure, correctness \
         properties, backlog policy, review notes, testing approach, test coverage, \
         constitution check, communication plan, competitor, pricing, monetization, \
         compliance considerations",
        Aside(BlockType::Note),
    ),
];
