"""What a team accepts: severities decided, findings judged, the report made."""
