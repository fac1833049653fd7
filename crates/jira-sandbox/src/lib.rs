//! A stand-in for Atlassian Cloud: OAuth, Jira REST v3 and a board, over real HTTP.
