// SPDX-License-Identifier: Apache-2.0
// What a token of the API may be allowed to do.

/** Every privilege, from harmless to dangerous. None includes another. */
export const PRIVILEGES = ['read', 'xml', 'power', 'force', 'console.view', 'console.control'] as const;
/** One of {@link PRIVILEGES}. */
export type Privilege = (typeof PRIVILEGES)[number];

/** What one privilege means. */
export interface PrivilegeDoc {
  /** One sentence. */
  readonly meaning: string;
  /** Whether it says anything about a host itself; the others are about domains only. */
  readonly ofHosts: boolean;
}

/** The meaning of every privilege. */
export const PRIVILEGE_DOCS: Readonly<Record<Privilege, PrivilegeDoc>> = {
  read: { meaning: 'See hosts, domains, tasks and events.', ofHosts: true },
  xml: { meaning: 'Read the XML of domains and hosts, without its secrets.', ofHosts: true },
  power: { meaning: 'Start, shut down, reboot, suspend, resume, save, and set autostart.', ofHosts: false },
  force: { meaning: 'What may lose the guest’s data: destroy, reset, inject an NMI.', ofHosts: false },
  'console.view': { meaning: 'See the screen: screenshots, and consoles without input.', ofHosts: false },
  'console.control': { meaning: 'Use the console: keyboard and pointer.', ofHosts: false },
};

/** Whether a text names a privilege. */
export function isPrivilege(text: string): text is Privilege {
  return PRIVILEGES.some((privilege) => privilege === text);
}
