import { ward } from "../live/connection";

export default function Wall() {
  return <ul>{ward.order.value.map((id) => <li key={id}>{ward.cot(id).label}</li>)}</ul>;
}
