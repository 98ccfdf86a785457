-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Sets, requests, builds and all that belongs to them.

CREATE TABLE schedulers (
  "schedulerid" INTEGER PRIMARY KEY,
  "name" TEXT,
  "kind" TEXT,
  "engine" TEXT,
  "enabled" INTEGER
);
CREATE UNIQUE INDEX schedulers_name ON schedulers (engine, name);

CREATE TABLE buildsets (
  "bsid" INTEGER PRIMARY KEY,
  "external_idstring" TEXT,
  "reason" TEXT,
  "submitted_at" INTEGER,
  "complete" INTEGER,
  "complete_at" INTEGER,
  "results" INTEGER,
  "parent_buildid" INTEGER,
  "parent_relationship" TEXT,
  "ssids" TEXT,
  "scheduler" TEXT,
  "engine" TEXT,
  "change_ids" TEXT,
  "properties" TEXT
);
CREATE INDEX buildsets_complete ON buildsets (complete, complete_at);
CREATE INDEX buildsets_parent ON buildsets (parent_buildid);

CREATE TABLE requests (
  "buildrequestid" INTEGER PRIMARY KEY,
  "buildsetid" INTEGER,
  "builderid" INTEGER,
  "priority" INTEGER,
  "claimed" INTEGER,
  "claimed_at" INTEGER,
  "claimed_by_masterid" INTEGER,
  "complete" INTEGER,
  "complete_at" INTEGER,
  "results" INTEGER,
  "submitted_at" INTEGER,
  "waited_for" INTEGER,
  "properties" TEXT,
  "retries" INTEGER,
  "collapsed_into" INTEGER
);
CREATE INDEX requests_set ON requests (buildsetid);
CREATE INDEX requests_builder ON requests (builderid, buildrequestid);
CREATE INDEX requests_open ON requests (builderid, submitted_at) WHERE complete = 0;
CREATE INDEX requests_complete ON requests (complete, complete_at);

CREATE TABLE builds (
  "buildid" INTEGER PRIMARY KEY,
  "number" INTEGER,
  "builderid" INTEGER,
  "buildrequestid" INTEGER,
  "workerid" INTEGER,
  "masterid" INTEGER,
  "started_at" INTEGER,
  "complete" INTEGER,
  "complete_at" INTEGER,
  "state_string" TEXT,
  "results" INTEGER,
  "properties" TEXT,
  "url" TEXT,
  "bsid" INTEGER,
  "branch" TEXT,
  "revision" TEXT,
  "scheduler" TEXT
);
CREATE UNIQUE INDEX builds_number ON builds (builderid, number);
CREATE INDEX builds_complete ON builds (complete, complete_at);
CREATE INDEX builds_request ON builds (buildrequestid);
CREATE INDEX builds_set ON builds (bsid);
CREATE INDEX builds_worker ON builds (workerid, buildid);
CREATE INDEX builds_branch ON builds (builderid, branch, number);

CREATE TABLE steps (
  "stepid" INTEGER PRIMARY KEY,
  "number" INTEGER,
  "name" TEXT,
  "buildid" INTEGER,
  "started_at" INTEGER,
  "complete" INTEGER,
  "complete_at" INTEGER,
  "state_string" TEXT,
  "results" INTEGER,
  "urls" TEXT,
  "hidden" INTEGER,
  "statistics" TEXT
);
CREATE INDEX steps_build ON steps (buildid);

CREATE TABLE logs (
  "logid" INTEGER PRIMARY KEY,
  "name" TEXT,
  "slug" TEXT,
  "stepid" INTEGER,
  "complete" INTEGER,
  "num_lines" INTEGER,
  "type" TEXT,
  "buildid" INTEGER,
  "num_bytes" INTEGER
);
CREATE INDEX logs_step ON logs (stepid);
CREATE INDEX logs_build ON logs (buildid);
CREATE INDEX logs_open ON logs (logid) WHERE complete = 0;

CREATE TABLE tests (
  "testid" INTEGER PRIMARY KEY,
  "buildid" INTEGER,
  "stepid" INTEGER,
  "name" TEXT,
  "result" TEXT,
  "duration_ms" INTEGER,
  "message" TEXT,
  "output" TEXT
);
CREATE INDEX tests_build ON tests (buildid, stepid);
CREATE INDEX tests_name ON tests (name, testid);

CREATE TABLE artifacts (
  "artifactid" INTEGER PRIMARY KEY,
  "buildid" INTEGER,
  "stepid" INTEGER,
  "path" TEXT,
  "bytes" INTEGER,
  "expires_at" INTEGER
);
CREATE INDEX artifacts_build ON artifacts (buildid);
CREATE INDEX artifacts_expiry ON artifacts (expires_at) WHERE expires_at IS NOT NULL;

-- Builds and logs that retention has chosen, while their rows are removed a few at a time.
CREATE TABLE doomed_builds (
  buildid INTEGER PRIMARY KEY
);
CREATE TABLE doomed_logs (
  logid INTEGER PRIMARY KEY
);
