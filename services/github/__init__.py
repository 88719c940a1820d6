"""GitHub: repositories, issues, pull requests, reviews, commits, releases and discussions."""
