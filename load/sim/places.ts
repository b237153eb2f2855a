import type { RequestOrigin } from "../../src/domain/object-names.ts";

/** A data centre: where it is, the share of all users that are near it, and its time zone. */
export interface Place {
  name: string;
  latitude: number;
  longitude: number;
  /** Relative to the other places. */
  weight: number;
  /** Hours ahead of UTC. */
  zone: number;
  /** As the platform names the places of requests: `NA`, and `US`. */
  continent: string;
  country: string;
}

const place = (
  name: string,
  [latitude, longitude]: [number, number],
  [weight, zone]: [number, number],
  [continent, country]: [string, string],
): Place => ({ name, latitude, longitude, weight, zone, continent, country });

/**
 * The simulated data centres. Their weights follow no provider's figures: North America and Europe
 * have a third of the users each, the rest of the world has the last third.
 */
export const PLACES: readonly Place[] = [
  place("Ashburn", [39.0, -77.5], [9, -5], ["NA", "US"]),
  place("New York", [40.7, -74.0], [6, -5], ["NA", "US"]),
  place("Chicago", [41.9, -87.6], [5, -6], ["NA", "US"]),
  place("Dallas", [32.8, -96.8], [4, -6], ["NA", "US"]),
  place("San Jose", [37.3, -121.9], [7, -8], ["NA", "US"]),
  place("Seattle", [47.6, -122.3], [2, -8], ["NA", "US"]),
  place("Toronto", [43.7, -79.4], [2, -5], ["NA", "CA"]),
  place("London", [51.5, -0.1], [8, 0], ["EU", "GB"]),
  place("Frankfurt", [50.1, 8.7], [7, 1], ["EU", "DE"]),
  place("Amsterdam", [52.4, 4.9], [5, 1], ["EU", "NL"]),
  place("Paris", [48.9, 2.4], [5, 1], ["EU", "FR"]),
  place("Madrid", [40.4, -3.7], [3, 1], ["EU", "ES"]),
  place("Warsaw", [52.2, 21.0], [3, 1], ["EU", "PL"]),
  place("Stockholm", [59.3, 18.1], [2, 1], ["EU", "SE"]),
  place("Mumbai", [19.1, 72.9], [7, 5.5], ["AS", "IN"]),
  place("Singapore", [1.4, 103.8], [6, 8], ["AS", "SG"]),
  place("Tokyo", [35.7, 139.7], [6, 9], ["AS", "JP"]),
  place("Seoul", [37.6, 127.0], [3, 9], ["AS", "KR"]),
  place("Sydney", [-33.9, 151.2], [3, 10], ["OC", "AU"]),
  place("São Paulo", [-23.6, -46.6], [4, -3], ["SA", "BR"]),
  place("Johannesburg", [-26.2, 28.0], [1, 2], ["AF", "ZA"]),
  place("Dubai", [25.2, 55.3], [2, 4], ["AS", "AE"]),
  place("Hong Kong", [22.3, 114.2], [3, 8], ["AS", "HK"]),
  place("Mexico City", [19.4, -99.1], [2, -6], ["NA", "MX"]),
];

/** What the platform tells of a request that came in at a place: the properties of `request.cf`. */
export function originAt({ continent, country, longitude }: Place): RequestOrigin {
  return { continent, country, longitude: String(longitude) };
}

const EARTH_KM = 6_371;
/** Light in fibre, km in a ms. */
const FIBRE_KM_PER_MS = 200;
/** Cables are longer than the great circle: between large cities by about this factor. */
const DETOUR = 1.5;
/** Two isolates of one data centre, there and back, and what both ends add to a longer way, ms. */
const LOCAL_RTT_MS = 1;

/** The round trip between two places, ms: physics, and no measurement. */
export function rttMs(from: Place, to: Place): number {
  return LOCAL_RTT_MS + (2 * DETOUR * distanceKm(from, to)) / FIBRE_KM_PER_MS;
}

/** By haversine. */
function distanceKm(a: Place, b: Place): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const [lat, lon] = [rad(b.latitude - a.latitude), rad(b.longitude - a.longitude)];
  const h = Math.sin(lat / 2) ** 2 + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(lon / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(h));
}

/** Half the swing of a day: at its peak hour a place has this much more than its mean. */
const SWING = 0.6;
const PEAK_HOUR = 15;

/** How much more than its mean a place asks at an hour of UTC: most at three in its afternoon. */
export function seasonOf({ zone }: Place, utcHour: number): number {
  return 1 + SWING * Math.cos(((utcHour + zone - PEAK_HOUR) / 24) * 2 * Math.PI);
}

/** The mean season of all places at an hour, by their weights: the day's mean is 1. */
export function seasonAt(utcHour: number, places: readonly Place[] = PLACES): number {
  const weights = places.reduce((sum, { weight }) => sum + weight, 0);
  return places.reduce((sum, each) => sum + each.weight * seasonOf(each, utcHour), 0) / weights;
}
