// SPDX-License-Identifier: Apache-2.0
// What actions are called and what they lead to, in words. English agrees with the contract's table; a test holds it.

import { t } from '@grafana/i18n';
import type { ActionId, Task } from '@vireo/exporter/contract';
import type { ActionTarget } from './availability';
import { consequenceThere, noteThere } from './driver-texts';

/** An action as buttons and lists name it; `autostart` by what it would do to the domain, when that is given. */
export function actionLabel(action: ActionId, domain?: Pick<ActionTarget, 'autostart'>): string {
  switch (action) {
    case 'start':
      return t('action.start', 'Start');
    case 'shutdown':
      return t('action.shutdown', 'Shut down');
    case 'reboot':
      return t('action.reboot', 'Reboot');
    case 'reset':
      return t('action.reset', 'Reset');
    case 'suspend':
      return t('action.suspend', 'Suspend');
    case 'resume':
      return t('action.resume', 'Resume');
    case 'destroy':
      return t('action.destroy', 'Force off');
    case 'managed-save':
      return t('action.managed-save', 'Save and stop');
    case 'managed-save-remove':
      return t('action.managed-save-remove', 'Discard saved state');
    case 'nmi':
      return t('action.nmi', 'Inject NMI');
    case 'autostart':
      return domain?.autostart === true
        ? t('action.autostart-off', 'Do not start with host')
        : t('action.autostart', 'Start with host');
  }
}

/** The action of a task; `autostart` by which way it goes. */
export function taskLabel({ action, options }: Pick<Task, 'action' | 'options'>): string {
  return actionLabel(action, { autostart: options['enabled'] === false });
}

/** What will happen to the guest, for the person who decides. */
export function consequenceOf(action: ActionId, domain: ActionTarget): string {
  const { driver = '' } = domain;
  const consequence = consequenceThere(action, driver) ?? usualConsequence(action, domain);
  const note = noteThere(action, driver);
  return note === undefined ? consequence : `${consequence} ${note}`;
}

function usualConsequence(action: ActionId, domain: ActionTarget): string {
  switch (action) {
    case 'start':
      return domain.managedSave === true
        ? t('consequence.restore', 'The saved state is restored: the guest goes on where it was.')
        : t('consequence.start', 'The domain boots.');
    case 'shutdown':
      return domain.persistent === false
        ? t(
            'consequence.shutdown-transient',
            'The guest is asked to shut down, and its users lose the service. This domain is transient: once it is off it no longer exists, and cannot be started again from here.',
          )
        : t(
            'consequence.shutdown',
            'The guest is asked to shut down, and its users lose the service. It may ignore that; then nothing happens.',
          );
    case 'reboot':
      return t(
        'consequence.reboot',
        'The guest is asked to reboot: its users lose the service until it is back. It may ignore that; then nothing happens.',
      );
    case 'reset':
      return t(
        'consequence.reset',
        'The reset button is pressed. The guest is not asked: what it has not written to disk is lost, and file systems may be damaged.',
      );
    case 'suspend':
      return t(
        'consequence.suspend',
        'The CPUs stop at once. Nothing in the guest runs or answers until it is resumed; its memory stays in use.',
      );
    case 'resume':
      return t('consequence.resume', 'The CPUs go on where they stopped.');
    case 'destroy':
      return domain.persistent === false
        ? t(
            'consequence.destroy-transient',
            'The plug is pulled. The guest is not asked: what it has not written to disk is lost. This domain is transient: it no longer exists afterwards, and cannot be started again from here.',
          )
        : t(
            'consequence.destroy',
            'The plug is pulled. The guest is not asked: what it has not written to disk is lost, and file systems may be damaged. A shutdown or reboot that waits is cancelled.',
          );
    case 'managed-save':
      return t(
        'consequence.managed-save',
        'The memory is written to the disk of the host and the domain stops. Its users lose the service until the next start, which restores it.',
      );
    case 'managed-save-remove':
      return t(
        'consequence.managed-save-remove',
        'The saved memory is thrown away for good: the next start boots, as after a power cut.',
      );
    case 'nmi':
      return t(
        'consequence.nmi',
        'A non-maskable interrupt is sent. Many guests dump their memory and crash on it; what they do is not seen from outside.',
      );
    case 'autostart':
      return domain.autostart === true
        ? t('consequence.autostart-off', 'The domain stays off when its host starts. Nothing changes now.')
        : t('consequence.autostart', 'The domain is started whenever its host starts. Nothing changes now.');
  }
}
