using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class VisibleNameTests
{
    [Theory]
    [InlineData("Hangang Robotics")]
    [InlineData("한강 로보틱스")]
    [InlineData("Crêperie d'Été & Söhne")]
    [InlineData("مختبر")]
    [InlineData("🦊 lab")]
    [InlineData("\u2764\ufe0f lab")]
    [InlineData("1\ufe0f\u20e3")]
    [InlineData("\U0001f468\u200d\U0001f469\u200d\U0001f467")]
    [InlineData("\U0001f3f3\ufe0f\u200d\U0001f308")]
    [InlineData("\U0001f469\U0001f3fd\u200d\U0001f52c")]
    [InlineData("\u845b\U000e0100")]
    public void What_people_see_is_a_name(string name) => Assert.True(VisibleName.IsName(name, 200));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a\u202eb")]
    [InlineData("a\u200bb")]
    [InlineData("a\u2066b")]
    [InlineData("a\ufeffb")]
    [InlineData("a\nb")]
    [InlineData("a\tb")]
    [InlineData("a\u0000b")]
    [InlineData("a\u2028b")]
    [InlineData("\u3164")]
    [InlineData("a\ue000b")]
    [InlineData("\u0301")]
    [InlineData(" \u0301")]
    [InlineData("\u17b4")]
    [InlineData("\ufe0f")]
    [InlineData("a\u034fb")]
    [InlineData("a\ufe0fb")]
    [InlineData("1\ufe0f")]
    [InlineData("a\u200db")]
    [InlineData("\u200d\U0001f467")]
    [InlineData("\U0001f467\u200d")]
    [InlineData("\u2764\ufe0f\ufe0f")]
    [InlineData("a\U000e0100")]
    [InlineData("a\U000e0041")]
    public void What_nobody_sees_has_no_place_in_a_name(string name) => Assert.False(VisibleName.IsName(name, 200));

    [Fact]
    public void A_name_is_as_long_as_people_count_it()
    {
        // A letter with two marks is one character to people, and three code units to programs.
        var letter = "e\u0323\u0301";
        Assert.True(VisibleName.IsName(string.Concat(Enumerable.Repeat(letter, 20)), 20));
        Assert.False(VisibleName.IsName(string.Concat(Enumerable.Repeat(letter, 21)), 20));
        Assert.False(VisibleName.IsName("e" + new string('\u0301', 1_000), 20));
    }

    [Fact]
    public void A_family_is_one_character()
    {
        var family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466";
        Assert.True(VisibleName.IsName(string.Concat(Enumerable.Repeat(family, 20)), 20));
        Assert.False(VisibleName.IsName(string.Concat(Enumerable.Repeat(family, 21)), 20));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("한강", 2)]
    [InlineData("\U0001f98a\U0001f98a", 2)]
    [InlineData("e\u0301", 2)]
    public void Code_points_are_counted(string text, int length) => Assert.Equal(length, VisibleText.Length(text));

    [Theory]
    [InlineData("x", true)]
    [InlineData("a\u200bb", true)]
    [InlineData("\u202e\u200b", false)]
    [InlineData(" \n\u3164", false)]
    [InlineData("\u0301", false)]
    public void A_text_shows_something_or_nothing(string text, bool shows) => Assert.Equal(shows, VisibleText.Shows(text));

    /// <summary>Not as data of a theory: the runner would replace it.</summary>
    [Fact]
    public void Half_a_character_has_no_place_in_a_name() => Assert.False(VisibleName.IsName("a\ud800b", 200));
}
