"""Twilio's nouns, declared: one screen each, a module for each chapter of its documentation."""
