// SPDX-License-Identifier: Apache-2.0
// Field types that several schemas of the API share.

import { z } from 'zod';

/** `2026-11-24T12:00:00.000Z` */
export const instant = z.iso.datetime().meta({ description: 'UTC, RFC 3339.' });

/** A domain's UUID in lower case. */
export const uuid = z.string().regex(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/, 'must be a UUID in lower case');

/** A configured host's name. */
export const hostName = z.string().min(1).max(253).meta({ description: 'The configured name of the host.' });

/** A state of libvirt. */
export const domainState = z
  .string()
  .regex(/^(?:nostate|running|blocked|paused|shutdown|shutoff|crashed|pmsuspended|unknown-\d+)$/)
  .meta({
    description:
      'nostate, running, blocked, paused, shutdown (going down), shutoff, crashed, pmsuspended; unknown-N for one newer than Vireo.',
  });

/** A number of bytes. */
export const bytes = z.number().nonnegative();
/** A count since the domain started. */
export const counter = z.number().nonnegative();
