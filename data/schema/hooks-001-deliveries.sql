-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What forges sent, and what came of it.

CREATE TABLE deliveries (
  "deliveryid" INTEGER PRIMARY KEY,
  "hook" TEXT,
  "forge_id" TEXT,
  "event" TEXT,
  "source" TEXT,
  "bytes" INTEGER,
  "outcome" TEXT,
  "reason" TEXT,
  "received_at" INTEGER,
  "duration_us" INTEGER,
  "change_ids" TEXT,
  "replay_of" INTEGER,
  "count" INTEGER,
  "last_at" INTEGER,
  "digest" TEXT,
  "pending" TEXT,
  "next_try_at" INTEGER,
  "tries" INTEGER
);
CREATE INDEX deliveries_forge_id ON deliveries (hook, forge_id);
CREATE INDEX deliveries_digest ON deliveries (hook, digest, received_at);
CREATE INDEX deliveries_outcome ON deliveries (outcome, next_try_at);
CREATE INDEX deliveries_received ON deliveries (received_at);

-- The request itself, without secrets, for complete () and for replay.
CREATE TABLE raw_requests (
  deliveryid INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  request TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX raw_requests_received ON raw_requests (received_at);
