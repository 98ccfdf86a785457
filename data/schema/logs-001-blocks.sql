-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Of logs.sqlite: whole lines, at most 64 KiB of text in a block, packed with zstd.

CREATE TABLE blocks (
  logid INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE UNIQUE INDEX blocks_log ON blocks (logid, first_line);
