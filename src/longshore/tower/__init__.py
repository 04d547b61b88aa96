"""One screen: state, exceptions, decisions waiting and KPIs."""
