"""Caregivers, consent, children, IEP versions and service lines: how they come in, and what is planned."""
