using System.Globalization;
using System.Linq.Expressions;
using GpuGrants.Api.Http.Answering;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Lists;

/// <summary>Filters of lists. One takes several values: <c>status=approved,denied</c>, or the parameter repeated.</summary>
internal static class Filters
{
    /// <summary>More values than people name, and few enough for one statement.</summary>
    public const int MaxValues = 50;

    /// <summary>Only rows with one of the ids that the parameter names; all when it is left out.</summary>
    /// <exception cref="ProblemException">A value is no id, or there are too many.</exception>
    public static IQueryable<TRow> OnlyIds<TRow>(
        this IQueryable<TRow> rows,
        HttpContext http,
        string name,
        params ReadOnlySpan<Expression<Func<TRow, Guid?>>> members
    ) => http.IdsFilter(name) is { } ids ? rows.Where(AnyIn(ids.Select(id => (Guid?)id).ToList(), members)) : rows;

    /// <summary>Only rows with one of the words that the parameter names; all when it is left out.</summary>
    /// <exception cref="ProblemException">A value is none of <paramref name="choices"/>, or there are too many.</exception>
    public static IQueryable<TRow> OnlyWords<TRow>(
        this IQueryable<TRow> rows,
        HttpContext http,
        string name,
        Expression<Func<TRow, string?>> member,
        params IReadOnlyList<string> choices
    )
    {
        if (Values(http, name) is not { } words)
            return rows;
        if (choices.Count > 0 && words.Find(word => !choices.Contains(word)) is not null)
            throw Problem.Malformed(name, $"Send one or several of: {string.Join(", ", choices)}.");
        return rows.Where(AnyIn<TRow, string>([.. words], [member]));
    }

    /// <summary>The ids that the parameter names; null when it is left out.</summary>
    /// <exception cref="ProblemException">A value is no id, or there are too many.</exception>
    public static List<Guid>? IdsFilter(this HttpContext http, string name) =>
        Values(http, name)
            ?.ConvertAll(text =>
                Guid.TryParseExact(text, "D", out var id)
                    ? id
                    : throw Problem.Malformed(name, "Send ids as they were given, such as 0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d.")
            );

    /// <summary>Only rows made in <c>createdFrom</c> to <c>createdTo</c> (not included), and changed since <c>updatedSince</c>.</summary>
    /// <exception cref="ProblemException">One is no moment.</exception>
    public static IQueryable<TRow> WithinTimes<TRow>(this IQueryable<TRow> rows, HttpContext http)
        where TRow : class
    {
        var created = ListOrder.Columns.CreatedOf<TRow>();
        if (http.MomentFilter("createdFrom") is { } from)
            rows = rows.Where(row => EF.Property<DateTimeOffset>(row, created) >= from.ToUniversalTime());
        if (http.MomentFilter("createdTo") is { } to)
            rows = rows.Where(row => EF.Property<DateTimeOffset>(row, created) < to.ToUniversalTime());
        var updated = ListOrder.Columns.UpdatedOf<TRow>();
        if (http.MomentFilter("updatedSince") is { } since)
            rows = rows.Where(row => EF.Property<DateTimeOffset>(row, updated) >= since.ToUniversalTime());
        return rows;
    }

    /// <summary>Whether the list declares what asks for changes.</summary>
    public static bool ChangesAreAsked(this HttpContext http) =>
        http.GetEndpoint()!.Metadata.GetOrderedMetadata<QueryParameters>().Any(one => one.Names.Contains("updatedSince"));

    /// <summary>The values that the parameter names, each once; null when it is left out.</summary>
    /// <exception cref="ProblemException">A value is empty, or there are too many.</exception>
    internal static List<string>? Values(HttpContext http, string name)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        var values = text.Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList();
        if (values.Contains(""))
            throw Problem.Malformed(name, "Between two commas there has to be a value.");
        return values.Count <= MaxValues
            ? values
            : throw Problem.Malformed(name, string.Create(CultureInfo.InvariantCulture, $"Send at most {MaxValues} values."));
    }

    /// <summary>The values are a parameter of the statement, so that one plan serves all.</summary>
    private static Expression<Func<TRow, bool>> AnyIn<TRow, TValue>(
        List<TValue?> values,
        ReadOnlySpan<Expression<Func<TRow, TValue?>>> members
    )
    {
        Expression<Func<List<TValue?>>> list = () => values;
        var row = members[0].Parameters[0];
        Expression? any = null;
        foreach (var member in members)
        {
            var body = new Renamed(member.Parameters[0], row).Visit(member.Body);
            var one = Expression.Call(list.Body, nameof(List<>.Contains), null, body);
            any = any is null ? one : Expression.OrElse(any, one);
        }

        return Expression.Lambda<Func<TRow, bool>>(any!, row);
    }

    private sealed class Renamed(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : base.VisitParameter(node);
    }
}
