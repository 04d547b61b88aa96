"""Which lot and bin serves which line: first expired, first out."""
