import { ward } from "../live/connection";

export default function CotPage({ cotId }: { readonly cotId: number }) {
  return <h1>{ward.cot(cotId).label.value}</h1>;
}
