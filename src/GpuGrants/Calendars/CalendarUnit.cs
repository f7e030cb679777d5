namespace GpuGrants.Calendars;

/// <summary>A stretch of the civil calendar. Weeks begin on Monday.</summary>
public enum CalendarUnit
{
    /// <summary>An hour of the wall clock.</summary>
    Hour,

    /// <summary>From midnight to midnight.</summary>
    Day,

    /// <summary>From Monday to Sunday.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,

    /// <summary>Three months, from January, April, July or October.</summary>
    Quarter,

    /// <summary>From 1 January to 31 December.</summary>
    Year,
}
