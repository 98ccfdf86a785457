-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Who is known, who is logged in. Of cookies and tokens only hashes are kept.

CREATE TABLE users (
  "uid" INTEGER PRIMARY KEY,
  "identifier" TEXT,
  "attributes" TEXT
);
CREATE UNIQUE INDEX users_identifier ON users (identifier);

CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE tokens (
  hash TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX tokens_user ON tokens (user, name);
