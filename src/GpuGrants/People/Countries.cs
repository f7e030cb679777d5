using System.Collections.Frozen;
using NodaTime.TimeZones;

namespace GpuGrants.People;

/// <summary>The countries of ISO 3166-1, as the time zone database that the service carries knows them.</summary>
public static class Countries
{
    /// <summary>Nobody lives there, so the database has no zone of them.</summary>
    private static readonly string[] Uninhabited = ["BV", "HM"];

    private static readonly FrozenSet<string> Codes = TzdbDateTimeZoneSource
        .Default.ZoneLocations!.Select(zone => zone.CountryCode)
        .Concat(Uninhabited)
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All alpha-2 codes, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Codes.Order(StringComparer.Ordinal)];

    /// <summary>Whether the text is an alpha-2 code. Codes that are only reserved, such as UK and EU, are none.</summary>
    public static bool IsCode(string text) => Codes.Contains(text);

    /// <summary>The code that somebody meant by a common mistake; null when it is none.</summary>
    public static string? Meant(string text) =>
        text.ToUpperInvariant() switch
        {
            "UK" => "GB",
            "EL" => "GR",
            var upper when Codes.Contains(upper) => upper,
            _ => null,
        };
}
