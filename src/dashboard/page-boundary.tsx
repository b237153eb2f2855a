import { Component, type ComponentChildren } from "preact";
import { queryClient } from "./api/query-client.ts";
import { ErrorBox } from "./ui/error-box.tsx";

interface PageBoundaryProps {
  /** The address: another one is another page, which is not broken. */
  path: string;
  children: ComponentChildren;
}

/**
 * Shows a fault in place of a page that breaks while it is drawn. It has to hold the fault itself:
 * an update of another component is lost with the drawing that broke.
 */
export class PageBoundary extends Component<PageBoundaryProps, { fault: Error | null }> {
  override state = { fault: null };

  static override getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  override componentDidUpdate(before: PageBoundaryProps) {
    if (before.path !== this.props.path && this.state.fault !== null) this.setState({ fault: null });
  }

  override render() {
    if (this.state.fault === null) return this.props.children;
    return <ErrorBox error={this.state.fault} retry={() => this.#retry()} />;
  }

  #retry(): void {
    // An answer that breaks the page would break it again before another is asked for.
    queryClient.clear();
    this.setState({ fault: null });
  }
}
