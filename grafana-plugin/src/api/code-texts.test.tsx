// SPDX-License-Identifier: Apache-2.0
// A Grafana in Chinese: what the server says in English is said again, by its codes.

import { screen } from '@testing-library/react';
import i18next from 'i18next';
import type { TaskStep } from '@vireo/exporter/contract';
import React from 'react';
import { refusalOf } from '../actions/availability';
import { TaskProgress } from '../actions/TaskProgress';
import { StateCounts } from '../components/StateCounts';
import { Failed } from '../components/States';
import { initPanelTranslations } from '../i18n';
import { problem } from '../testing/fakeApi';
import { aDomain, aTask } from '../testing/fixtures';
import { accessibilityFaults, renderAt } from '../testing/render';
import { causeAndAdvice, explain, explainShortly, refusalText, stepText } from './code-texts';

beforeAll(async () => {
  await i18next.init({ lng: 'zh-Hans', resources: { 'zh-Hans': { grafana: { some: 'text' } } } });
  await initPanelTranslations();
});

const refused = { code: 'VIREO_CONSOLE_LIMIT', message: '4 consoles of web-1 are open', advice: 'Close one.' };

it('an error is explained, with what to do; the server’s words stay beside it, for their names', () => {
  expect(explain(refused)).toEqual({
    text: '打开的控制台会话已达到上限。',
    details: '4 consoles of web-1 are open',
    advice: '请关闭一个，或提高 console.sessionsPerDomain、sessionsPerUser 或 sessions。',
  });
  expect(explainShortly(refused)).toBe('打开的控制台会话已达到上限。（4 consoles of web-1 are open）');
});

it('where the server’s words are a click away, it is explained without them', () => {
  const error = { code: 'LV_CONN_REFUSED', message: 'connect failed: nothing listens', advice: 'Start libvirtd.' };
  expect(causeAndAdvice(error)).toMatch(/^那里没有服务在监听，.*。 请在那里启动 libvirtd/);
  expect(causeAndAdvice({ ...error, code: 'LV_NEXT_YEAR' })).toBe('connect failed: nothing listens Start libvirtd.');
});

it('of a code newer than the app the server’s words stand alone', () => {
  const newer = { ...refused, code: 'VIREO_NEXT_YEAR' };
  expect(explain(newer)).toEqual({ text: newer.message, details: undefined, advice: newer.advice });
  expect(explainShortly(newer)).toBe(newer.message);
  expect(refusalText('next-year', 'next year: wait')).toBe('next year: wait');
  expect(explain({ ...refused, reasonCode: 'next-year' }).text).toBe(refused.message);
});

it('an action that is refused says why; names that only the server knows are kept', () => {
  const acting = { mayOperate: true };
  const domain = aDomain({
    allowedActions: [],
    refusedActions: { reboot: 'paused: resume first', suspend: 'paused by a job (save): wait until it ends' },
    refusalCodes: { reboot: 'paused', suspend: 'held-by-job' },
  });
  expect(refusalOf('reboot', domain, acting)).toBe('已暂停：请先恢复');
  const held = '因任务而暂停：请等待其结束（paused by a job (save): wait until it ends）';
  expect(refusalOf('suspend', domain, acting)).toBe(held);
});

it('a page says both, the English as English', async () => {
  const { container } = renderAt(<Failed error={problem('VIREO_HOST_UNKNOWN', 'no host is called "kvm9"')} />);
  expect(screen.getByText('没有配置此名称的主机，或令牌无权查看它。')).toBeVisible();
  expect(screen.getByText('no host is called "kvm9"').closest('[lang]')).toHaveAttribute('lang', 'en');
  expect(screen.getByText(/^请使用配置中的名称/)).toBeVisible();
  expect(container).toHaveTextContent('VIREO_HOST_UNKNOWN · request-1');
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('a task that failed says why by its reason, where it has one', () => {
  const error = { code: 'VIREO_STATE', message: 'web-1: paused: resume first', reasonCode: 'paused' as const };
  renderAt(<TaskProgress task={aTask({ state: 'failed', error })} />);
  expect(screen.getByText('已暂停：请先恢复')).toBeVisible();
  expect(screen.getByText('web-1: paused: resume first')).toBeVisible();
});

const at = '2026-11-24T10:00:01.000Z';

it('a task says its steps; ids and errors that only the server knows are kept', async () => {
  const steps: TaskStep[] = [
    { at, code: 'force-off', what: 'force off', detail: 'the guest did not shut down in time' },
    { at, code: 'done-by-others', what: 'somebody else was faster', detail: 'domain is already running' },
  ];
  const { container } = renderAt(<TaskProgress task={aTask({ state: 'running', steps })} />);
  const items = screen.getAllByRole('listitem').map(({ textContent }) => textContent?.trim());
  expect(items).toEqual([
    expect.stringMatching(/^\d\d:\d\d:\d\d 强制关机：客户机没有及时关机$/),
    expect.stringMatching(/ 已有人先行完成 domain is already running$/),
  ]);
  expect(screen.getByText('domain is already running').closest('[lang]')).toHaveAttribute('lang', 'en');
  expect(await accessibilityFaults(container)).toEqual([]);
});

it('of a step newer than the app, or of a Vireo older than the codes, the server’s words stand alone', () => {
  const words = { at, what: 'asked the moon', detail: 'twice' };
  for (const step of [words, { ...words, code: 'next-year' }]) {
    expect(stepText(step as TaskStep)).toEqual({ text: 'asked the moon: twice', names: undefined });
  }
});

it('why there is no console is said in a sentence, the server’s words left out', () => {
  const said = 'the domain has no screen; use VMConnect, or Remote Desktop to hv1:2179: Hyper-V has no VNC';
  expect(refusalText('use-vmconnect', said)).toMatch(/^请使用 VMConnect/);
  expect(refusalText('use-something', said)).toBe(said);
});

it('the state of a host is Vireo’s word and said in Chinese, that of a domain is libvirt’s', () => {
  const counts = ['up', 'connecting', 'lost', 'shutoff'].map((state) => [state, 1] as const);
  renderAt(<StateCounts title="主机" counts={counts} urlOf={() => '/'} />);
  for (const word of ['已连接', '正在连接', '失联', 'shutoff']) {
    expect(screen.getByText(word)).toBeVisible();
    expect(screen.getByRole('link', { name: `主机, ${word}: 1` })).toBeVisible();
  }
});
