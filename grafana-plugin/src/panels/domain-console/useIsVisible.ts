// SPDX-License-Identifier: Apache-2.0
import { type RefObject, useEffect, useState } from 'react';

/** Whether any of an element can be seen: it is scrolled into view, and its tab is the one that is looked at. */
export function useIsVisible(element: RefObject<Element | null>): boolean {
  const [isInView, setInView] = useState(false);
  const [isTabShown, setTabShown] = useState(!document.hidden);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)?.isIntersecting ?? false));
    if (element.current !== null) {
      observer.observe(element.current);
    }
    const look = () => setTabShown(!document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
    };
  }, [element]);
  return isInView && isTabShown;
}
