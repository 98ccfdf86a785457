-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Who and what there is, what changed, what happened. Columns are the fields of the records; times are microseconds since 1970 UTC.

-- Ids are given from here, never from the highest row: one that was removed is not given again.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) WITHOUT ROWID;

-- What instances and rooms of the host keep, by owner and key, as JSON.
CREATE TABLE state (
  instance TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (instance, key)
) WITHOUT ROWID;

CREATE TABLE builders (
  "builderid" INTEGER PRIMARY KEY,
  "name" TEXT,
  "description" TEXT,
  "masterids" TEXT,
  "tags" TEXT,
  "next_number" INTEGER,
  "engine" TEXT,
  "configured" INTEGER
);
CREATE UNIQUE INDEX builders_name ON builders (name);

CREATE TABLE workers (
  "workerid" INTEGER PRIMARY KEY,
  "name" TEXT,
  "connected_to" TEXT,
  "configured_on" TEXT,
  "workerinfo" TEXT,
  "paused" INTEGER,
  "graceful" INTEGER,
  "engine" TEXT,
  "slots" INTEGER
);
CREATE UNIQUE INDEX workers_name ON workers (name);

CREATE TABLE patches (
  "patchid" INTEGER PRIMARY KEY,
  "body" TEXT,
  "level" INTEGER,
  "subdir" TEXT,
  "author" TEXT,
  "comment" TEXT
);
CREATE INDEX patches_author ON patches (author, comment);

CREATE TABLE source_stamps (
  "ssid" INTEGER PRIMARY KEY,
  "branch" TEXT,
  "revision" TEXT,
  "repository" TEXT,
  "project" TEXT,
  "codebase" TEXT,
  "created_at" INTEGER,
  "patchid" INTEGER
);
CREATE INDEX source_stamps_revision ON source_stamps (revision, repository, branch);

CREATE TABLE changes (
  "changeid" INTEGER PRIMARY KEY,
  "parent_changeids" TEXT,
  "author" TEXT,
  "committer" TEXT,
  "files" TEXT,
  "files_unknown" INTEGER,
  "comments" TEXT,
  "revision" TEXT,
  "when_timestamp" INTEGER,
  "branch" TEXT,
  "category" TEXT,
  "revlink" TEXT,
  "properties" TEXT,
  "repository" TEXT,
  "project" TEXT,
  "codebase" TEXT,
  "ssid" INTEGER,
  "src" TEXT,
  "origin" TEXT,
  "deliveryid" INTEGER,
  "received_at" INTEGER
);
CREATE INDEX changes_revision ON changes (revision);
CREATE INDEX changes_codebase ON changes (codebase, repository, branch, changeid);
CREATE INDEX changes_stamp ON changes (ssid);

CREATE TABLE builder_events (
  "eventid" INTEGER PRIMARY KEY,
  "builderid" INTEGER,
  "text" TEXT,
  "started_at" INTEGER,
  "complete_at" INTEGER
);
CREATE INDEX builder_events_builder ON builder_events (builderid, started_at);

CREATE TABLE events (
  "eventid" INTEGER PRIMARY KEY,
  "at" INTEGER,
  "name" TEXT,
  "builderid" INTEGER,
  "buildid" INTEGER,
  "subject" INTEGER,
  "data" TEXT
);
CREATE INDEX events_builder ON events (builderid, eventid);
CREATE INDEX events_build ON events (buildid, eventid) WHERE buildid IS NOT NULL;
CREATE INDEX events_at ON events (at);
