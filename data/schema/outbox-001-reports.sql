-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Reports that are due, and what became of them.

CREATE TABLE reports (
  "reportid" INTEGER PRIMARY KEY,
  "instance" TEXT,
  "target" TEXT,
  "key" TEXT,
  "phase" TEXT,
  "buildid" INTEGER,
  "bsid" INTEGER,
  "state" TEXT,
  "tries" INTEGER,
  "next_at" INTEGER,
  "remote_id" TEXT,
  "answer" TEXT,
  "created_at" INTEGER,
  "finished_at" INTEGER,
  "eventid" INTEGER,
  "aged_us" INTEGER,
  "data" TEXT,
  "payload" TEXT
);
CREATE INDEX reports_due ON reports (state, next_at);
CREATE INDEX reports_key ON reports (instance, key, eventid);
CREATE INDEX reports_finished ON reports (state, finished_at);
CREATE INDEX reports_event ON reports (eventid);
CREATE INDEX reports_build ON reports (buildid);
CREATE INDEX reports_set ON reports (bsid);
