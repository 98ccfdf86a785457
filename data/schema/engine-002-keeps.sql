-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a builder keeps in place of what the store does: ages in microseconds, 0 is for ever.

ALTER TABLE builders ADD COLUMN "keep_builds" INTEGER;
ALTER TABLE builders ADD COLUMN "keep_logs" INTEGER;
ALTER TABLE builders ADD COLUMN "keep_last" INTEGER;
