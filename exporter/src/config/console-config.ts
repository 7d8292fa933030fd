// SPDX-License-Identifier: Apache-2.0
// The section `console`: defaults filled in, files of TLS found beside the configuration file.

import { dirname, resolve } from 'node:path';
import type { ConsoleConfig } from './config.ts';
import type { KeyPath } from './config-file.ts';
import type { ConsoleSection } from './console-schema.ts';
import { DEFAULT_CONSOLE } from './defaults.ts';

/** The section of a file that fits the schema. `file` is the path of the configuration file. */
export function decideConsole(
  section: ConsoleSection,
  file: string,
  report: (at: KeyPath, text: string) => unknown,
): ConsoleConfig {
  const { tls = {} } = section;
  const path = (relative: string): string => resolve(dirname(file), relative);
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
    const missing = tls.keyFile === undefined ? 'keyFile' : 'certificateFile';
    report(['console', 'tls'], `certificateFile and keyFile go together; ${missing} is missing`);
  }
  return {
    ...(section.publicUrl === undefined ? {} : { publicUrl: section.publicUrl }),
    allowedOrigins: section.allowedOrigins ?? DEFAULT_CONSOLE.allowedOrigins,
    sessionsPerDomain: section.sessionsPerDomain ?? DEFAULT_CONSOLE.sessionsPerDomain,
    sessionsPerUser: section.sessionsPerUser ?? DEFAULT_CONSOLE.sessionsPerUser,
    sessions: section.sessions ?? DEFAULT_CONSOLE.sessions,
    longestSessionSeconds: section.longestSessionSeconds ?? DEFAULT_CONSOLE.longestSessionSeconds,
    directAccess: section.directAccess ?? DEFAULT_CONSOLE.directAccess,
    tls: {
      caFile: tls.caFile === undefined ? DEFAULT_CONSOLE.tls.caFile : path(tls.caFile),
      ...(tls.certificateFile === undefined ? {} : { certificateFile: path(tls.certificateFile) }),
      ...(tls.keyFile === undefined ? {} : { keyFile: path(tls.keyFile) }),
    },
  };
}
