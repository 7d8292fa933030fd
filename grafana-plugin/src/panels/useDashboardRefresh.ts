// SPDX-License-Identifier: Apache-2.0
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

/** Reads again what is kept by this key whenever the dashboard is refreshed: it gives panels another time range then. */
export function useDashboardRefresh(timeRange: object, queryKey: QueryKey): void {
  const client = useQueryClient();
  const seen = useRef(timeRange);
  useEffect(() => {
    if (seen.current !== timeRange) {
      seen.current = timeRange;
      void client.invalidateQueries({ queryKey });
    }
  });
}
