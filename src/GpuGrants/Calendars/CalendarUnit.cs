namespace GpuGrants.Calendars;

/// <summary>A stretch of the civil calendar. Weeks begin on Monday.</summary>
public enum CalendarUnit
{
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}
