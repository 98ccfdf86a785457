-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What the outbox asks for again and again, each over the few rows that are not at their end.

CREATE INDEX reports_lane ON reports (instance, target, "key", eventid, reportid)
  WHERE state = 'planned';
CREATE INDEX reports_unplanned ON reports (instance, buildid, reportid) WHERE state = 'waiting';
CREATE INDEX reports_open ON reports (instance, next_at) WHERE state IN ('waiting', 'planned');
CREATE INDEX reports_remote ON reports (instance, target, "key", eventid, reportid)
  WHERE state = 'delivered' AND remote_id IS NOT NULL;
