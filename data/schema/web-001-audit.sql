-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Who did what.

CREATE TABLE audit (
  "auditid" INTEGER PRIMARY KEY,
  "at" INTEGER,
  "who" TEXT,
  "by" TEXT,
  "action" TEXT,
  "target" TEXT,
  "outcome" TEXT
);
CREATE INDEX audit_at ON audit (at);
